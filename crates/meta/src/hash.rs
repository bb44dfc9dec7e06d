//! The hashes that name ReplicaSets and revisions, and the letters it is written in.

/// FNV-1a with 32 bits, as Kubernetes uses for pod template hashes.
pub fn fnv32a(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(2_166_136_261, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(16_777_619))
}

/// FNV-1 with 32 bits, as Kubernetes uses for the revisions of a `StatefulSet`.
pub fn fnv32(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(2_166_136_261, |hash: u32, byte| hash.wrapping_mul(16_777_619) ^ u32::from(*byte))
}

/// Letters and digits of generated names: no vowels, nothing that looks like another.
pub const SAFE_ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// The decimal digits of `number` in [`SAFE_ALPHABET`]: valid in a name, free of words.
pub fn safe_encode(number: u32) -> String {
    let letter = |digit: u8| char::from(SAFE_ALPHABET[usize::from(digit) % SAFE_ALPHABET.len()]);
    number.to_string().bytes().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_become_safe_letters() {
        assert_eq!(safe_encode(1_234_567_890), "56789bcdf4");
        assert_eq!(fnv32a(b""), 2_166_136_261);
        assert_eq!(fnv32(b"a"), 0x050c_5d7e);
        assert_eq!(fnv32a(b"a"), 0xe40c_292c);
    }
}
