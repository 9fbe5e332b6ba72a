//! What a link app's settings say of its folders: that they can be made and written, lie rightly to each other, and serve one purpose each.

use gateway::config::FolderPair;
use gateway::folders::{Folders, FoldersError};
use gateway::opening;

use crate::config::{Finding, Look, names_key, nearest};
use crate::system;

impl Look<'_> {
    /// The folders of all receipt computers.
    pub(super) fn folder_pairs(&mut self, pairs: &[FolderPair]) {
        for (at, pair) in pairs.iter().enumerate() {
            let mut watched = vec![("req", &pair.req), ("res", &pair.res)];
            watched.extend(pair.face.as_ref().map(|face| ("face", face)));
            let all = || watched.iter().copied().chain([("work", &pair.work)]);
            for (key, folder) in all() {
                self.makeable(key, at, folder);
            }
            if watched.iter().any(|(_, it)| pair.work.starts_with(it)) {
                self.find(
                    "work",
                    at,
                    "req、res、face のどれかの中にあります。外に置いてください。",
                    "it lies inside req, res or face; put it outside",
                );
            }
            let found = all().map(|(_, folder)| nearest(folder));
            let devices: Vec<Option<u64>> = found
                .map(|folder| folder.and_then(|it| std::fs::metadata(it).ok()))
                .map(|found| found.as_ref().map(system::device))
                .collect();
            if devices
                .windows(2)
                .any(|pair| matches!(pair, [one, other] if one != other))
            {
                self.find(
                    "work",
                    at,
                    "req・res・face と別のファイルシステムにあります。同じものに置いてください。",
                    "not on the file system of req, res and face; put all on one",
                );
            }
        }
        self.set_twice(pairs);
    }

    /// What the link app refuses at its start.
    fn set_twice(&mut self, pairs: &[FolderPair]) {
        let pairs: Vec<Folders> = pairs.iter().map(Folders::from).collect();
        let Some((at, error)) = opening::set_twice(&pairs) else {
            return;
        };
        let key = match (&error, pairs.get(at)) {
            (FoldersError::SetTwice(folder), Some(pair)) => {
                let all = [
                    ("req", Some(&pair.req)),
                    ("res", Some(&pair.res)),
                    ("face", pair.face.as_ref()),
                    ("work", Some(&pair.work)),
                ];
                let used = all
                    .into_iter()
                    .rev()
                    .find(|(_, it)| it.is_some_and(|it| opening::place_of(it).as_path() == folder));
                used.map_or("req", |(key, _)| key)
            }
            _ => "name",
        };
        let text = error.to_string();
        let (ja, en) = text.split_once(" / ").unwrap_or((&text, &text));
        self.findings.push(Finding {
            line: line_in(self.text, at, key),
            key,
            ja: ja.to_owned(),
            en: en.to_owned(),
        });
    }
}

/// The line of a key of the `nth` pair of folders, from 1; that of its heading for a key that is not found there.
fn line_in(text: &str, nth: usize, key: &str) -> usize {
    let lines = || text.lines().enumerate();
    let is_heading = |line: &str| line.trim_start().starts_with("[[folders]]");
    let Some((heading, _)) = lines().filter(|(_, line)| is_heading(line)).nth(nth) else {
        return 1;
    };
    let mut table = lines()
        .skip(heading + 1)
        .take_while(|(_, line)| !line.trim_start().starts_with('['));
    let found = table.find(|(_, line)| names_key(line, key));
    found.map_or(heading, |(line, _)| line) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_in_its_own_pair() {
        let text = "[identity]\nname = \"x\"\n[[folders]]\nreq = \"a\"\n[[folders]] # another\nname = \"b\"\nres=\"c\"\n[doctor]\nwork = 1\n";
        assert_eq!(line_in(text, 0, "req"), 4);
        assert_eq!(line_in(text, 0, "name"), 3);
        assert_eq!(line_in(text, 1, "name"), 6);
        assert_eq!(line_in(text, 1, "res"), 7);
        assert_eq!(line_in(text, 1, "work"), 5);
        assert_eq!(line_in(text, 2, "req"), 1);
    }
}
