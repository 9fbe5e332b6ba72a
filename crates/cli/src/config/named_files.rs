//! What a center's settings say of files that are read at start: the database server's password, the authorities of cards. Keeps none open.

use center::config::StaleLists;
use center::config::database::NotOpened;
use center::config::traces::NotTraced;
use pki::card_certificate::Root;
use pki::card_revocation::{Age, RevocationList};
use store::server::InvalidAddress;

use crate::config::Look;

impl Look<'_> {
    /// The address and the file of its password; the server itself is asked when the center starts.
    pub(super) fn database(&mut self, database: &center::config::database::Database) {
        match database.address() {
            Err(NotOpened::Password(path, error)) => {
                self.unreadable("password_file", &path, &error.to_string());
            }
            Err(NotOpened::Roots(path, error)) => {
                self.unreadable("root_file", &path, &error.to_string());
            }
            Err(error @ NotOpened::Url(InvalidAddress::Roots(_))) => self.find(
                "root_file",
                0,
                "認証局の証明書（PEM 形式）のファイルではありません。データベースのサーバー証明書を発行した認証局の証明書を指定してください。",
                &error.to_string(),
            ),
            Err(error) => self.find(
                "url",
                0,
                "PostgreSQL のデータベースの正しい指定ではありません。postgres://利用者@ホスト:ポート/データベース の形で書き、パスワードは password_file に置いてください。",
                &error.to_string(),
            ),
            Ok(_) => {}
        }
    }

    /// Whether this build has traces, and the file of the collector's authority; the collector itself is asked when there is something to send.
    pub(super) fn traces(&mut self, traces: &center::config::traces::Traces) {
        match traces.is_possible() {
            // Random bytes are asked for at the start alone.
            Ok(()) | Err(NotTraced::Random) => {}
            Err(error @ NotTraced::NotBuilt) => self.find(
                "[traces]",
                0,
                "この onshi は OpenTelemetry のトレースを含まずに作られています。",
                &error.to_string(),
            ),
            Err(error @ NotTraced::NoRoot) => self.find(
                "endpoint",
                0,
                "https の収集先には root_file が必要です。",
                &error.to_string(),
            ),
            Err(NotTraced::Root(path, why)) => self.unreadable("root_file", &path, &why),
        }
    }

    /// Files of roots and lists: a list is held against the roots that could be read.
    pub(super) fn cards(&mut self, cards: &center::config::Cards) {
        let mut roots = Vec::new();
        for path in &cards.roots {
            let read = std::fs::read(path).map_err(|error| error.to_string());
            let read = read.and_then(|file| Root::read(&file).map_err(|error| error.to_string()));
            match read {
                Ok(read) => roots.extend(read),
                Err(error) => self.unreadable("roots", path, &error),
            }
        }
        for path in &cards.revocation_lists {
            let read = std::fs::read(path).map_err(|error| error.to_string());
            let read = read.and_then(|file| {
                RevocationList::read(&file, &roots).map_err(|error| error.to_string())
            });
            match read {
                Ok(list) if list.age(crate::serve::now()) == Age::Over => {
                    let shown = path.display();
                    let next = list.next_update.map_or_else(
                        || {
                            (
                                "次回更新日のない失効リストです".to_owned(),
                                "names no next update".to_owned(),
                            )
                        },
                        |it| {
                            let date = it.date_in_japan();
                            (
                                format!("次回更新日（{date}）を過ぎています"),
                                format!("is past its next update, {date}"),
                            )
                        },
                    );
                    let ja = format!(
                        "{shown} は{}。認証局の新しい失効リストに置き換えてください。",
                        next.0
                    );
                    let en = format!(
                        "{shown} {}; put the authority's new list in its place",
                        next.1
                    );
                    match cards.stale_lists {
                        StaleLists::Refuse => self.find("revocation_lists", 0, &ja, &en),
                        // Cards are taken all the same, as the settings say.
                        StaleLists::Accept => self.remark("revocation_lists", &ja, &en),
                    }
                }
                Ok(_) => {}
                Err(error) => self.unreadable("revocation_lists", path, &error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use center::config::Cards;
    use domain::civil_date::CivilDate;
    use synthetic::card::authority::CardAuthority;

    use super::*;

    #[test]
    fn a_list_past_its_next_update_is_wrong_only_where_cards_are_refused_for_it() {
        let authority = CardAuthority::new(3, CivilDate::new(2020, 11, 25).unwrap()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let (root, list) = (dir.path().join("root.der"), dir.path().join("list.crl"));
        std::fs::write(&root, authority.certificate()).unwrap();
        std::fs::write(&list, authority.revocation_list(&[]).unwrap()).unwrap();
        for (stale_lists, wrong, remarked) in
            [(StaleLists::Refuse, 1, 0), (StaleLists::Accept, 0, 1)]
        {
            let mut look = Look::of("[cards]\nrevocation_lists = []\n");
            look.cards(&Cards {
                roots: vec![root.clone()],
                revocation_lists: vec![list.clone()],
                stale_lists,
                ..Cards::default()
            });
            let counts = (look.findings.len(), look.remarks.len());
            assert_eq!(counts, (wrong, remarked), "{stale_lists:?}");
            let told = look.findings.iter().chain(&look.remarks).next().unwrap();
            assert_eq!(told.line, 2);
            assert!(told.ja.contains("次回更新日") && told.en.contains("next update"));
        }
    }
}
