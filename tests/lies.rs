//! What a lie about the store's revision costs.

mod support;

use etcd::status::*;
use std::io;
use std::thread::sleep;
use std::time::Duration;
use support::ffi::*;
use support::hostile::*;
use support::watch::{Watch, WatchOptions};

fn open(endpoints: &str) -> Client {
    let options = Options { connect_timeout_ms: 1000, timeout_ms: 1500, ..Default::default() };
    Client::with(endpoints, options).unwrap()
}

/// Answers every call with this revision.
fn at_revision(conn: &mut Conn, revision: i64) -> io::Result<()> {
    conn.greet(&[])?;
    loop {
        let request = conn.request()?;
        if request.unary {
            conn.reply(request.stream, &header(revision))?;
        } else {
            // A watch has been created.
            conn.accept(request.stream)?;
            let created = [header(revision), number(3, 1)].concat();
            conn.data(request.stream, &grpc(&created))?;
        }
    }
}

#[test]
fn a_lie_about_a_revision_is_forgotten_with_the_liar() {
    let absurd = Some(ETCD_ERR_BAD_REPLY);
    let lies: [(Script, Option<etcd_status_t>); 4] = [
        (|c| at_revision(c, i64::MAX), absurd),
        (|c| at_revision(c, i64::MAX - 1), absurd),
        (|c| at_revision(c, i64::MIN), absurd),
        (|c| at_revision(c, 1 << 61), None),
    ];
    for (i, (script, status)) in lies.into_iter().enumerate() {
        let (liar, honest) = (Hostile::start(script), Hostile::start(polite));
        let client = open(&liar.endpoint());
        let get = client.get(b"k", DEFAULT).err().map(|e| (e.status, e.maybe_applied));
        let put = client.put(b"k", b"v", DEFAULT).err().map(|e| (e.status, e.maybe_applied));
        let told = status.map(|status| (status, false));
        assert_eq!((get, put), (told, told.map(|(status, _)| (status, true))), "{i}");
        if let Some(status) = status {
            let refused = Watch::open(&client, b"k", WatchOptions::default()).err().unwrap();
            assert_eq!((refused.status, refused.maybe_applied), (status, false), "{i}");
        }
        client.set_endpoints(&honest.endpoint()).unwrap();
        for _ in 0..3 {
            assert_eq!(client.get(b"k", DEFAULT).unwrap().revision, 5, "{i}");
            client.put(b"k", b"v", DEFAULT).unwrap();
        }
    }
}

#[test]
fn a_lie_about_a_revision_that_another_member_contradicts_costs_one_write() {
    let (liar, honest) =
        (Hostile::start(|c| at_revision(c, 1 << 61)), Hostile::start(|c| at_revision(c, 5)));
    let client = open(&liar.endpoint());
    client.get(b"k", DEFAULT).unwrap();
    client.set_endpoints(&format!("{},{}", liar.endpoint(), honest.endpoint())).unwrap();
    // The liar goes, and comes back.
    liar.set(|_| Ok(()));
    let error = loop {
        match client.put(b"k", b"v", DEFAULT) {
            // On its way when the connection was cut.
            Err(error) if error.status == ETCD_ERR_UNAVAILABLE => {}
            result => break result.unwrap_err(),
        }
    };
    assert_eq!((error.status, error.maybe_applied), (ETCD_ERR_REVISION_REGRESSED, true));
    assert_eq!(error.endpoint, honest.endpoint());
    liar.set(|c| at_revision(c, 1 << 61));
    for _ in 0..20 {
        client.put(b"k", b"v", DEFAULT).unwrap();
        client.get(b"k", DEFAULT).unwrap();
        sleep(Duration::from_millis(20));
    }
    // A read is only repeated.
    let client = open(&liar.endpoint());
    client.get(b"k", DEFAULT).unwrap();
    client.set_endpoints(&format!("{},{}", liar.endpoint(), honest.endpoint())).unwrap();
    liar.set(|_| Ok(()));
    assert_eq!(client.get(b"k", DEFAULT).unwrap().revision, 5);
    // Who goes back on its own word is not used again.
    let back = Hostile::start(|c| at_revision(c, 1 << 61));
    let client = open(&back.endpoint());
    client.get(b"k", DEFAULT).unwrap();
    back.set(polite);
    for _ in 0..3 {
        let went_back = || client.get(b"k", DEFAULT).unwrap_err().status;
        assert_eq!(went_back(), ETCD_ERR_REVISION_REGRESSED);
    }
}
