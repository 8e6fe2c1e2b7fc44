//! Rust types of src/wire/etcd.proto, and link arguments of the shared library.

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/wire/etcd.proto");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // One number for ever: the ABI only grows (docs/c-api.md, "Versions").
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libetcd.so.0");
        // Unmapping code that our thread may still be running would crash the host.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
    // `Bytes`: keys and values stay in the buffer that they arrived in.
    prost_build::Config::new().bytes(["."]).compile_protos(&["src/wire/etcd.proto"], &["src/wire"])
}
