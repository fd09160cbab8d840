"""A stand-in for AWS, in this process."""

import os
from contextlib import contextmanager
from unittest.mock import patch

import boto3
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"
LOGIN = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}


@contextmanager
def stand_in():
    """Serves AWS from a thread; gives its address. Whoever looks for a login meanwhile finds one."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    with patch.dict(os.environ, LOGIN):
        server.start()
        try:
            host, port = server.get_host_and_port()
            yield f"http://{host}:{port}"
        finally:
            server.stop()


class Bucket:
    """A bucket of the stand-in, as its owner sees it."""

    def __init__(self, endpoint, name, *, locked=True):
        self.name = name
        self.client = boto3.client("s3", endpoint_url=endpoint, region_name=REGION)
        where = {"LocationConstraint": REGION}
        self.client.create_bucket(Bucket=name, CreateBucketConfiguration=where, ObjectLockEnabledForBucket=locked)

    def names(self):
        """The keys, in the order in which they were put."""
        objects = self.client.list_objects_v2(Bucket=self.name).get("Contents", [])
        return [each["Key"] for each in objects]

    def read(self, key):
        return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()

    def close(self):
        self.client.close()
