"""The same from Python, with ../python/etcd.py: put, get, list, delete.  usage: python.py [ENDPOINTS]"""
import sys

import etcd

with etcd.Client(sys.argv[1] if len(sys.argv) > 1 else "localhost:2379") as client:
    for name in "apple", "banana", "cherry":
        client.put(f"example/{name}", name.upper())
    print("get:", client.get("example/banana"))
    for kv in client.prefix("example/"):
        print(kv.key.decode(), "=", kv.value.decode())
    print("deleted:", client.delete_prefix("example/").deleted)
