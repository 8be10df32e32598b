"""The example, with the address of a store that is really there."""

import json

from scripts.house import House
from tests.s3.places import Bucket


def test_the_example_runs_in_a_bucket(bucket: Bucket, tmp_path):
    """It applies, has nothing to do then, and everything of its state is in the bucket and nowhere else."""
    house = House.of("state-s3", tmp_path)
    house.edit("mail.yaml", ("https://s3.example.org", bucket.store.endpoint), ("example-state", bucket.name))
    house.env |= {"STATE_ACCESS_KEY": bucket.store.access_key, "STATE_SECRET_KEY": bucket.store.secret_key}
    house.run("apply", "--yes", "--allow-cost", "instance:office", exit=0)
    house.run("plan", exit=0)
    assert "anna@example.org" in house.run("state", "list", exit=0).out
    assert json.loads(bucket.read("mail/office.json"))["lock"] is None
    assert not list(house.folder.glob("state/*.json*"))
