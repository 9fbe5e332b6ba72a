//! A session at the center, opened and used by curl: what an upgrade must not end. Knows no code of ours.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;
use serde_json::{Value, json};

use super::debian::{Account, Debian};
use crate::package::output;

/// A session at the center, asked for by curl: no program of ours.
pub(super) struct Session {
    pub(super) api: String,
    pub(super) files: PathBuf,
    pub(super) token: String,
}

impl Session {
    pub(super) fn open(debian: &Debian, api: &str, account: &Account) -> anyhow::Result<Self> {
        let files = debian.dir.with_file_name("session");
        std::fs::create_dir_all(&files)?;
        std::fs::copy(
            debian.dir.join("var/lib/onshi/root.pem"),
            files.join("root.pem"),
        )?;
        crate::run(
            Command::new("openssl")
                .args(["pkcs12", "-nodes", "-in"])
                .arg(debian.dir.join("root/clinic.p12"))
                .arg("-passin")
                .arg(format!("file:{}", debian.dir.join("root/p12.pw").display()))
                .arg("-out")
                .arg(files.join("clinic.pem")),
        )?;
        let mut session = Self {
            api: api.to_owned(),
            files,
            token: String::new(),
        };
        let body = json!({"account": account.id, "password": account.password, "force": false});
        let answer = session.ask("/v1/sessions", &["--json", &body.to_string()])?;
        let answer: Value = serde_json::from_str(&answer)?;
        let token = answer.get("token").and_then(Value::as_str);
        session.token = token
            .with_context(|| format!("no session: {answer}"))?
            .to_owned();
        session.is_open("at once")?;
        Ok(session)
    }

    pub(super) fn is_open(&self, when: &str) -> anyhow::Result<()> {
        let bearer = format!("Authorization: Bearer {}", self.token);
        self.ask("/v1/settings", &["--header", &bearer])
            .with_context(|| format!("the session does not live {when}"))?;
        Ok(())
    }

    pub(super) fn ask(&self, path: &str, further: &[&str]) -> anyhow::Result<String> {
        let mut command = Command::new("curl");
        command.args([
            "--silent",
            "--show-error",
            "--fail",
            "--noproxy",
            "*",
            "--cacert",
        ]);
        command.arg(self.files.join("root.pem")).arg("--cert");
        command.arg(self.files.join("clinic.pem")).args(further);
        output(command.arg(format!("{}{path}", self.api)))
    }
}
