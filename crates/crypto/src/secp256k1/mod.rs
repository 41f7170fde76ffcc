//! Recovery of secp256k1 public keys from signatures
//! ([SEC 1](https://www.secg.org/sec1-v2.pdf), section 4.1.6; curve in [SEC 2](https://www.secg.org/sec2-v2.pdf)).

mod field;
mod limbs;
mod point;
mod recover;
mod scalar;

pub use recover::Recoverer;
