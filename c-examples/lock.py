"""A lock, a write that depends on it, its loss, and an election.  usage: lock.py [ENDPOINTS]"""
import sys

import etcd


def add_one(client: etcd.Client, lock: etcd.Mutex) -> None:
    kv = client.get("example/counter")
    count = int(kv.value) + 1 if kv else 1
    # Not done if the lock has become another's meanwhile, however late this program notices.
    txn = lock.fence(etcd.Txn())
    txn.then.put("example/counter", str(count))
    if not client.commit(txn).succeeded:
        lock.check()
    print("counter =", count)


with etcd.Client(sys.argv[1] if len(sys.argv) > 1 else "localhost:2379") as client:
    client.delete("example/counter")
    # The session keeps a lease alive; what it holds is gone within 10 s if this program dies.
    with client.session(ttl=10) as session:
        with session.mutex("example/lock") as lock:
            add_one(client, lock)
            with client.session(ttl=10) as other:
                print("free" if other.mutex("example/lock").try_lock() else "taken")
        try:
            with session.mutex("example/lock") as lock:
                client.delete(lock.key)  # As an operator may do, to free it by force.
                add_one(client, lock)
        except etcd.LockLost as error:
            print("lost:", error.name)

        election = session.election("example/election")
        with client.observe_election("example/election") as observer:
            print("nobody leads" if next(observer).leader is None else "somebody leads")
            with election.leading("10.0.0.1:80"):
                print("leader:", next(observer).leader.value.decode())
            print("nobody leads" if next(observer).leader is None else "somebody leads")
    client.delete("example/counter")
