"""Real servers for tests: each in a throw-away folder, gone when the test run is, however that ends."""
