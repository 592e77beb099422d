"""Object stores for tests, and what it takes to talk to one.

`signing`   AWS Signature Version 4, made from its description and with nothing of ours
`client`    a small client: one signed request, one answer
`faulty`    FaultyStore, a stand-in in memory that fails on demand
`gateway`   Gateway, a real store: the Ceph RADOS Gateway of Debian 12

`test_object_store_support.py` asks the stand-in and the real store the same, so that a test may trust the stand-in. Both have
`address`, `credentials`, `new_bucket()`, `objects(bucket, prefix)` and `read(bucket, key)`.
"""
