"""State in an object store that speaks S3: AWS, Ceph, MinIO and others.

Importing this package imports no client library; `open_s3` does.
"""

from reconciler.state.places.s3.opening import open_s3

__all__ = ["open_s3"]
