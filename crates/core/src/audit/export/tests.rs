#![allow(clippy::unwrap_used, reason = "tests")]

use super::super::note::SigningKey;
use super::super::tree::empty_root;
use super::*;

#[test]
fn a_log_has_the_tiles_of_its_size_and_no_others() {
    assert_eq!(tiles(0).count(), 0);
    assert_eq!(tiles(1).collect::<Vec<_>>(), ["tile/0/000.p/1", "tile/entries/000.p/1"]);
    let expected =
        ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/44"];
    assert_eq!(tiles(300).collect::<Vec<_>>(), expected);
    for size in [0, 1, 255, 256, 257, 65_535, 65_536, 70_000] {
        assert!(tiles(size).all(|path| has_tile(&path, size)), "{size}");
    }
    for path in ["tile/0/000.p/44", "tile/0/001", "tile/0/001.p/43", "tile/0/002", "tile/2/000.p/1", "tile/x"]
    {
        assert!(!has_tile(path, 300), "{path}");
    }
}

#[test]
fn a_key_or_checkpoint_is_refused_for_any_bit_that_is_not_its_own() {
    let signing = SigningKey::from_seed("s/a", &[7; 32]).unwrap();
    let note = Checkpoint { origin: "s/a".to_owned(), size: 0, root: empty_root() }.sign(&signing).unwrap();
    let line = format!("{}\n", signing.verifier_key());
    let good = key(Ok(line.clone().into_bytes())).unwrap();
    assert_eq!(checkpoint(Ok(note.clone().into_bytes()), &good).unwrap().size, 0);
    let flipped = |text: &str, bit: usize| {
        let mut bytes = text.as_bytes().to_vec();
        *bytes.get_mut(bit / 8).unwrap() ^= 1 << (bit % 8);
        bytes
    };
    for bit in 0..line.len() * 8 {
        assert!(key(Ok(flipped(&line, bit))).is_err(), "key, bit {bit}");
    }
    for bit in 0..note.len() * 8 {
        assert!(checkpoint(Ok(flipped(&note, bit)), &good).is_err(), "checkpoint, bit {bit}");
    }
    let twice = format!("{note}{}\n", note.lines().last().unwrap());
    assert!(checkpoint(Ok(twice.into_bytes()), &good).is_err());
    assert_eq!(key(Err("missing".to_owned())).unwrap_err().to_string(), "key does not verify: missing");
}
