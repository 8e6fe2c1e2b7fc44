"""With asyncio, by ../python/etcd_aio.py: a watch, calls at once, one cancelled.  usage: aio.py [ENDPOINTS]"""
import asyncio
import sys

import etcd
import etcd_aio


async def print_events(watch: etcd_aio.Watch, left: int) -> None:
    async for response in watch:
        for event in response:
            name = event.kv.key.decode()
            print(name, "is gone" if event.kind == etcd.DELETE else f"= {event.kv.value.decode()}")
            left -= 1
        if left == 0:
            break


async def main(endpoints: str) -> None:
    async with etcd_aio.Client(endpoints) as client:
        await client.delete_prefix("fruit/")
        async with client.watch(prefix="fruit/") as watch:
            printing = asyncio.create_task(print_events(watch, 4))
            for number, name in enumerate(("apple", "banana", "cherry"), 1):
                await client.put(f"fruit/{name}", str(number))
            await client.delete("fruit/apple")
            await printing
        # Calls that do not wait for each other.
        found = await asyncio.gather(*(client.get(f"fruit/{name}") for name in ("apple", "banana", "cherry")))
        print(sum(kv is not None for kv in found), "left")
        await client.delete_prefix("fruit/")

    # Nobody is there. What is not awaited any longer is cancelled.
    async with etcd_aio.Client("127.0.0.1:1", timeout=60) as nobody:
        try:
            await asyncio.wait_for(nobody.get("fruit/apple"), 0.2)
        except asyncio.TimeoutError:
            print("too late: the call is cancelled")


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "localhost:2379"))
