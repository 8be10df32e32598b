"""The daemons beside the database: what they hold is dropped, whom they serve is sent away."""
