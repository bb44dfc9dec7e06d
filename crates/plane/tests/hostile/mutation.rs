//! Changes to bytes that are well formed: what a seed says, always the same.

/// Numbers from a seed (xorshift).
#[derive(Debug, Clone)]
pub(crate) struct Lots(u64);

/// Pieces that parsers of texts stumble over.
const PIECES: [&[u8]; 40] = [
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"\0",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"null",
    b"true",
    b"-1",
    b"1e999",
    b"9223372036854775808",
    b"-9223372036854775809",
    b"0.1",
    b"\"\"",
    b"{}",
    b"[]",
    b"&a",
    b"*a",
    b"<<: ",
    b"- ",
    b"\n  ",
    b"|\n",
    b"!!binary ",
    b"%2f",
    b"..",
    b"$patch",
    b"$deleteFromPrimitiveList/x",
    b"$setElementOrder/containers",
    b"$retainKeys",
    b"/-",
    b"~1",
    b"~0",
    b"metadata",
    b"[[[[[[[[",
    b"((((((((",
];
/// A mutant is never longer.
const LENGTH_MAX: usize = 64 << 10;

impl Lots {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        let Self(state) = self;
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    }

    /// A number below `bound`, which is not zero.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.next() % bound).unwrap_or_default()
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }

    /// One to six changes of a body.
    pub(crate) fn mutate(&mut self, body: &[u8], others: &[&[u8]]) -> Vec<u8> {
        let mut mutant = body.to_vec();
        for _ in 0..=self.below(6) {
            self.change(&mut mutant, others);
            mutant.truncate(LENGTH_MAX);
        }
        mutant
    }

    fn change(&mut self, mutant: &mut Vec<u8>, others: &[&[u8]]) {
        let at = self.below(mutant.len() + 1);
        let end = (at + 1 + self.below(32)).min(mutant.len());
        match self.below(7) {
            0 if at < mutant.len() => mutant[at] ^= 1 << self.below(8),
            1 if at < end => drop(mutant.drain(at..end)),
            2 => {
                let piece = self.pick(&PIECES);
                mutant.splice(at..at, piece.iter().copied());
            }
            3 => {
                // Nests or repeats what is there.
                let copied = mutant[at..end].repeat(1 + self.below(64));
                mutant.splice(at..at, copied);
            }
            4 => mutant.truncate(at),
            5 => {
                let other = self.pick(others);
                let from = self.below(other.len() + 1);
                mutant.truncate(at);
                mutant.extend_from_slice(&other[from..]);
            }
            _ if at < end => {
                let piece = self.pick(&PIECES);
                mutant.splice(at..end, piece.iter().copied());
            }
            _ => mutant.push(b' '),
        }
    }
}
