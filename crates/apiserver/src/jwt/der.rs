//! The little DER that keys need: writing of sequences, integers and bit strings.

use super::algorithm::Family;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// Object identifiers with their tags: rsaEncryption with the NULL behind it, ecPublicKey, curves.
const RSA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
const EC: &[u8] = &[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const P256: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const P384: &[u8] = &[6, 5, 0x2b, 0x81, 4, 0, 0x22];

/// A public key as `SubjectPublicKeyInfo`; `bits` is an RSA key in PKCS#1 or a point of the curve.
pub(super) fn public_key_info(family: Family, bits: &[u8]) -> Vec<u8> {
    tagged(SEQUENCE, &[&algorithm(family), &tagged(BIT_STRING, &[&[0], bits])])
}

/// An RSA public key in PKCS#1, of big-endian numbers.
pub(super) fn rsa_public_key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    tagged(SEQUENCE, &[&integer(modulus), &integer(exponent)])
}

/// A private key of a curve, as SEC1 has it, wrapped into PKCS#8.
pub(super) fn wrap_sec1(family: Family, key: &[u8]) -> Vec<u8> {
    tagged(SEQUENCE, &[&integer(&[0]), &algorithm(family), &tagged(OCTET_STRING, &[key])])
}

fn algorithm(family: Family) -> Vec<u8> {
    match family {
        Family::Rsa => tagged(SEQUENCE, &[RSA]),
        Family::P256 => tagged(SEQUENCE, &[EC, P256]),
        Family::P384 => tagged(SEQUENCE, &[EC, P384]),
    }
}

/// A number that is not negative, without needless zeros.
fn integer(number: &[u8]) -> Vec<u8> {
    let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    let number = &number[start..];
    let needs_zero = number.first().is_none_or(|byte| byte & 0x80 != 0);
    let sign: &[u8] = if needs_zero { &[0] } else { &[] };
    tagged(INTEGER, &[sign, number])
}

fn tagged(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut encoded = vec![tag];
    let length = content.len().to_be_bytes();
    let start = length.iter().position(|byte| *byte != 0).unwrap_or(length.len() - 1);
    let length = &length[start..];
    if let [short @ 0..0x80] = length {
        encoded.push(*short);
    } else {
        // A length has at most eight bytes.
        encoded.push(0x80 | u8::try_from(length.len()).unwrap_or(8));
        encoded.extend_from_slice(length);
    }
    encoded.extend_from_slice(&content);
    encoded
}
