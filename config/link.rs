//! How the program is linked.

fn main() {
    println!("cargo::rerun-if-changed=config/link.rs");
    // Addresses that the loader fixes at each start are packed: the sleeping daemon is three megabytes smaller.
    // A linker that does not know it says so and goes on.
    println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
}
