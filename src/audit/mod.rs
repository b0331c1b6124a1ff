//! The provable log: leaves, the Merkle tree over them, tiles, signed checkpoints, proofs, verification.

pub mod leaf;
pub mod note;
pub mod proof;
pub mod tile;
pub mod tree;
