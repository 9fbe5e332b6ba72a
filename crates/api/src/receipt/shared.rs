//! One signature for many receipts (contracts §6): a Merkle tree over their claims (RFC 6962 §2.1), whose root is signed. Each receipt carries
//! its way to the root, so it verifies alone and says nothing of the others.
//!
//! Its text is `JWS~CLAIMS~INDEX~SIZE~PATH`: a compact JWS of `typ` [`TYPE`] over `iss`, `iat` and `root`, the claims' JSON (base64url), the
//! claims' place among so many (both decimal), and the hashes beside the way to the root from below (base64url, 32 bytes each).

use std::iter::successors;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Claims, KeySet, NotProven, join, verify_jws};

/// The `typ` of a shared signature's header.
pub const TYPE: &str = "onshi-receipt-batch+jwt";

/// What stands between the parts of a receipt of this kind, and in no receipt with a signature of its own.
pub(super) const SEPARATOR: char = '~';

type Hash = [u8; 32];

/// What is signed.
#[derive(Serialize, Deserialize)]
struct Root {
    iat: i64,
    iss: String,
    root: String,
}

/// The claims of receipts that share a signature, hashed.
pub struct Tree {
    /// The leaves, then what stands above them, up to the root.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// Over the claims of receipts (`Claims::to_bytes`) in their order; at least one.
    #[must_use]
    pub fn over<'c>(claims: impl IntoIterator<Item = &'c [u8]>) -> Self {
        let leaves: Vec<Hash> = claims.into_iter().map(leaf).collect();
        let above = |level: &Vec<Hash>| {
            // Who has nobody beside goes up as it is.
            let up = |pair: &[Hash]| match pair {
                [left, right] => node(left, right),
                rest => rest.first().copied().unwrap_or_default(),
            };
            (1 < level.len()).then(|| level.chunks(2).map(up).collect())
        };
        Self {
            levels: successors(Some(leaves), above).collect(),
        }
    }

    /// Header and root to sign, joined by a dot; append the signature with [`super::seal`]. `iat` is in seconds since the Unix epoch.
    #[must_use]
    pub fn signing_input(&self, kid: &str, iss: &str, iat: i64) -> String {
        let top = self.levels.last().and_then(|level| level.first());
        let root = Root {
            iat,
            iss: iss.into(),
            root: URL_SAFE_NO_PAD.encode(top.unwrap_or(&Hash::default())),
        };
        join(kid, TYPE, &serde_json::to_vec(&root).unwrap_or_default())
    }

    /// The receipt of the claims at a place, counted from 0; `jws` is the sealed [`Self::signing_input`].
    #[must_use]
    pub fn receipt(&self, jws: &str, claims: &[u8], index: usize) -> String {
        let mut path = Vec::with_capacity(32 * self.levels.len());
        let mut at = index;
        for level in &self.levels {
            if let Some(beside) = level.get(at ^ 1) {
                path.extend_from_slice(beside);
            }
            at /= 2;
        }
        let size = self.levels.first().map_or(0, Vec::len);
        let claims = URL_SAFE_NO_PAD.encode(claims);
        let path = URL_SAFE_NO_PAD.encode(path);
        format!("{jws}~{claims}~{index}~{size}~{path}")
    }
}

fn leaf(claims: &[u8]) -> Hash {
    let sha = Sha256::new().chain_update([0]).chain_update(claims);
    sha.finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    let sha = Sha256::new().chain_update([1]).chain_update(left);
    sha.chain_update(right).finalize().into()
}

/// Verifies a receipt with a shared signature and reads its claims.
///
/// # Errors
/// [`NotProven`].
pub(super) fn verify(receipt: &str, keys: &KeySet) -> Result<Claims, NotProven> {
    let parts: Vec<&str> = receipt.split(SEPARATOR).collect();
    let [jws, claims, index, size, path] = parts[..] else {
        return Err(NotProven::Form);
    };
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| NotProven::Form);
    let number = |part: &str| part.parse::<u32>().map_err(|_| NotProven::Form);
    let signed: Root =
        serde_json::from_slice(&verify_jws(jws, TYPE, keys)?).map_err(|_| NotProven::Form)?;
    let (claims, path) = (decode(claims)?, decode(path)?);
    let root = root_of(leaf(&claims), number(index)?, number(size)?, &path);
    if root.is_none_or(|root| URL_SAFE_NO_PAD.encode(root) != signed.root) {
        return Err(NotProven::Path);
    }
    let claims: Claims = serde_json::from_slice(&claims).map_err(|_| NotProven::Form)?;
    if claims.iss != signed.iss {
        return Err(NotProven::Path);
    }
    Ok(claims)
}

/// The root that a leaf's path leads to (RFC 9162 §2.1.3.2); `None` where the path does not fit the place.
fn root_of(leaf: Hash, index: u32, size: u32, path: &[u8]) -> Option<Hash> {
    let (mut at, mut last) = (index, size.checked_sub(1)?);
    if last < at {
        return None;
    }
    let mut root = leaf;
    let (hashes, rest) = path.as_chunks::<32>();
    for beside in hashes {
        if last == 0 {
            return None;
        }
        if at % 2 == 1 || at == last {
            root = node(beside, &root);
            // Up to where somebody stands on the left.
            while at.is_multiple_of(2) && at != 0 {
                (at, last) = (at / 2, last / 2);
            }
        } else {
            root = node(&root, beside);
        }
        (at, last) = (at / 2, last / 2);
    }
    (last == 0 && rest.is_empty()).then_some(root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receipt::tests::{claims, key};
    use crate::receipt::{seal, verify_signature};

    fn receipts(count: usize) -> (Vec<String>, KeySet) {
        let (keys, sign) = key();
        let of = |it: usize| Claims {
            jti: format!("c{it}"),
            ..claims()
        };
        let all: Vec<Vec<u8>> = (0..count).map(|it| of(it).to_bytes()).collect();
        let tree = Tree::over(all.iter().map(Vec::as_slice));
        let input = tree.signing_input("k1", "onshi", 1_795_392_902);
        let signature = sign(&input);
        let jws = seal(input, &signature);
        let receipts = all.iter().enumerate();
        let receipts = receipts.map(|(it, claims)| tree.receipt(&jws, claims, it));
        (receipts.collect(), keys)
    }

    /// The tree of RFC 6962 §2.1 as it is defined there.
    fn defined(leaves: &[Hash]) -> Hash {
        match leaves {
            [one] => *one,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node(&defined(left), &defined(right))
            }
        }
    }

    #[test]
    fn every_receipt_of_every_number_verifies_alone_and_its_root_is_the_defined_one() {
        for count in 1..=70 {
            let (receipts, keys) = receipts(count);
            for (it, receipt) in receipts.iter().enumerate() {
                let claims = verify_signature(receipt, &keys).unwrap();
                assert_eq!(claims.jti, format!("c{it}"), "of {count}");
            }
            let leaves: Vec<Hash> = (0..count)
                .map(|it| leaf(&[u8::try_from(it).unwrap()]))
                .collect();
            let bytes: Vec<[u8; 1]> = (0..count).map(|it| [u8::try_from(it).unwrap()]).collect();
            let tree = Tree::over(bytes.iter().map(<[u8; 1]>::as_slice));
            assert_eq!(tree.levels.last().unwrap()[..], [defined(&leaves)]);
        }
    }

    #[test]
    fn what_is_changed_anywhere_proves_nothing() {
        let (receipts, keys) = receipts(13);
        let parts: Vec<Vec<&str>> = receipts.iter().map(|it| it.split('~').collect()).collect();
        for (it, own) in parts.iter().enumerate() {
            let other = &parts[(it + 1) % parts.len()];
            for part in [1, 2, 4] {
                let mut changed = own.clone();
                changed[part] = other[part];
                let wrong = verify_signature(&changed.join("~"), &keys);
                assert_eq!(wrong, Err(NotProven::Path), "{it}, part {part}");
            }
        }
        let cut = |part: usize, text: &str| {
            let mut changed = parts[5].clone();
            changed[part] = text;
            verify_signature(&changed.join("~"), &keys)
        };
        for (part, text) in [(2, "-1"), (3, "x"), (1, "%"), (4, "=")] {
            assert_eq!(cut(part, text), Err(NotProven::Form), "{text}");
        }
        // The number of all is not signed: another one leads to the root or does not, and the claims stay what they are.
        let told = cut(3, "14").map(|claims| claims.jti);
        assert!([Ok("c5".to_owned()), Err(NotProven::Path)].contains(&told));
        for (part, text) in [(2, "13"), (3, "0"), (3, "4294967295"), (4, "")] {
            assert_eq!(cut(part, text), Err(NotProven::Path), "{text}");
        }
        let longer = format!("{}AAAA", receipts[5]);
        assert_eq!(verify_signature(&longer, &keys), Err(NotProven::Path));
        let short = receipts[5].rsplit_once('~').unwrap().0;
        assert_eq!(verify_signature(short, &keys), Err(NotProven::Form));
    }

    #[test]
    fn a_signature_of_one_kind_does_not_pass_for_the_other() {
        let (keys, sign) = key();
        let single = super::super::signing_input("k1", &claims().to_bytes());
        let signature = sign(&single);
        let single = seal(single, &signature);
        let claimed = URL_SAFE_NO_PAD.encode(claims().to_bytes());
        let posing = format!("{single}~{claimed}~0~1~");
        assert_eq!(verify_signature(&posing, &keys), Err(NotProven::Form));
        let (receipts, keys) = receipts(1);
        let jws = receipts[0].split('~').next().unwrap();
        assert_eq!(verify_signature(jws, &keys), Err(NotProven::Form));
    }

    #[test]
    fn claims_of_another_center_are_not_those_of_the_one_that_signed() {
        let (keys, sign) = key();
        let foreign = Claims {
            iss: "another".into(),
            ..claims()
        };
        let foreign = foreign.to_bytes();
        let tree = Tree::over([foreign.as_slice()]);
        let input = tree.signing_input("k1", "onshi", 1);
        let signature = sign(&input);
        let receipt = tree.receipt(&seal(input, &signature), &foreign, 0);
        assert_eq!(verify_signature(&receipt, &keys), Err(NotProven::Path));
    }
}
