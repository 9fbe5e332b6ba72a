//! What commands that speak to a center share: the center's address, its root, the certificate, the account.

use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use api::client::{Client, ClientError};
use api::session::{Session, SignIn};
use clap::Args;
use pki::client::Refusal;
use pki::identity::{Identity, InvalidIdentity};
use rustls_pki_types::CertificateDer;

use crate::told;

/// How to reach the center and as whom.
#[derive(Args)]
pub(crate) struct Connection {
    /// Address of the center's api listener, such as `https://center.example:8443`.
    #[arg(long, required_unless_present = "verify")]
    center: Option<String>,
    /// The center's root certificate, PEM.
    #[arg(long, required_unless_present = "verify")]
    root: Option<PathBuf>,
    /// The client certificate, PKCS#12.
    #[arg(long, required_unless_present = "verify")]
    p12: Option<PathBuf>,
    /// File holding the PKCS#12 password.
    #[arg(long, required_unless_present = "verify")]
    p12_password_file: Option<PathBuf>,
    /// Account.
    #[arg(long, required_unless_present = "verify")]
    account: Option<String>,
    /// File holding the account's password.
    #[arg(long, required_unless_present = "verify")]
    password_file: Option<PathBuf>,
}

impl Connection {
    /// Signs in, ending an earlier session of the account.
    pub(crate) async fn sign_in(&self) -> anyhow::Result<(Client, Session)> {
        let (
            Some(center),
            Some(root_file),
            Some(p12),
            Some(p12_password),
            Some(account),
            Some(password),
        ) = (
            &self.center,
            &self.root,
            &self.p12,
            &self.p12_password_file,
            &self.account,
            &self.password_file,
        )
        else {
            bail!(
                "give --center, --root, --p12, --p12-password-file, --account and --password-file"
            );
        };
        let identity = identity(p12, p12_password)?;
        let client = Client::new(center, &root(root_file)?, Some(&identity));
        let client = client.map_err(|error| explain(&error))?;
        let body = SignIn {
            account: account.clone(),
            force: true,
            password: secret(password)?,
        };
        let session = client
            .sign_in(&body)
            .await
            .map_err(|error| explain(&error))?;
        if session.password.change_needed {
            return Err(told::both(
                &format!(
                    "{account} のパスワードは先に変更が必要です。端末の画面で変更してください。"
                ),
                &format!(
                    "the password of {account} must be changed first; change it on the staff pages"
                ),
            ));
        }
        Ok((client, session))
    }
}

/// The certificate of a PKCS#12 file whose password stands in another.
pub(crate) fn identity(p12: &Path, password_file: &Path) -> anyhow::Result<Identity> {
    let (bytes, password) = (told::read_bytes(p12)?, secret(password_file)?);
    Identity::from_pkcs12(&bytes, &password).map_err(|error| match error {
        InvalidIdentity::PasswordOrFile => told::both(
            &format!("{}: パスワードが違うか、PKCS#12 ファイルではありません。パスワードを確かめるか、ファイルをダウンロードし直してください。", p12.display()),
            &error.to_string(),
        ),
        InvalidIdentity::NoKey | InvalidIdentity::Pem | InvalidIdentity::Write => told::both(
            &format!("{}: 秘密鍵と電子証明書の組がありません。ファイルをダウンロードし直してください。", p12.display()),
            &format!("{error}; download the file again"),
        ),
    })
}

/// A root certificate from its PEM file.
pub(crate) fn root(file: &Path) -> anyhow::Result<CertificateDer<'static>> {
    let pem = told::read_bytes(file)?;
    pki::identity::first_certificate(&pem).ok_or_else(|| {
        told::both(
            &format!(
                "{}: 証明書（PEM）がありません。センターの root.pem を指定してください。",
                file.display()
            ),
            &format!(
                "{} holds no certificate; name the center's root.pem",
                file.display()
            ),
        )
    })
}

/// A secret from its file, without the line end.
pub(crate) fn secret(file: &Path) -> anyhow::Result<String> {
    Ok(told::read_text(file)?
        .trim_end_matches(['\r', '\n'])
        .to_owned())
}

/// How the center's address was given: what is told names where it is mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given {
    /// As `--center`, with a client certificate.
    Center,
    /// As `--enroll`, the address of the download, where no certificate is shown.
    Enroll,
    /// In a settings file.
    Settings,
    /// As `--address` of a device for home visits, which has no certificate.
    Visit,
}

impl Given {
    /// What names the address, in Japanese and English.
    fn address(self) -> (&'static str, &'static str) {
        match self {
            Self::Center => ("--center", "--center"),
            Self::Enroll => ("--enroll", "--enroll"),
            Self::Settings => (
                "設定ファイルの center と enroll",
                "center and enroll of the settings file",
            ),
            Self::Visit => (
                "onshi visit activate の --address",
                "--address of onshi visit activate",
            ),
        }
    }

    /// What names the center's root certificate.
    fn root(self) -> (&'static str, &'static str) {
        match self {
            Self::Center | Self::Enroll => ("--root", "--root"),
            Self::Settings => ("設定ファイルの ca", "ca of the settings file"),
            Self::Visit => (
                "onshi visit activate の --root",
                "--root of onshi visit activate",
            ),
        }
    }

    /// A center that wants another certificate, or one where none was shown.
    fn refused(self) -> anyhow::Error {
        match self {
            Self::Center | Self::Settings => told::both(
                "センターが電子証明書を受け付けません（期限切れ・失効）。再発行を申請してください。",
                "the center refuses the certificate (expired or revoked); apply for a new one",
            ),
            Self::Enroll => told::both(
                "この宛先は電子証明書を求める api のアドレスです。発行通知書のダウンロード先を --enroll https://ホスト:8444 の形で指定してください。",
                "this is the api listener, which asks for a certificate; give the download site of the notice, as in --enroll https://host:8444",
            ),
            Self::Visit => told::both(
                "この宛先は電子証明書を求めるアドレスで、訪問・オンライン用ではありません。医療機関の QR コードのアドレスを onshi visit activate の --address に指定してください。",
                "this address asks for a certificate and is none for home visits; give that of the facility's QR code as --address of onshi visit activate",
            ),
        }
    }
}

/// What happened and what to do, in both languages, where the center was given as `--center`.
pub(crate) fn explain(error: &ClientError) -> anyhow::Error {
    explain_of(error, Given::Center)
}

/// The same for an address that was given in another way.
pub(crate) fn explain_of(error: &ClientError, given: Given) -> anyhow::Error {
    let (address, root) = (given.address(), given.root());
    match error {
        ClientError::Problem(problem) => {
            let mut text = format!(
                "{} / {} [{}]",
                problem.clerk.ja, problem.clerk.en, problem.code
            );
            for member in &problem.errors {
                text.push_str(&format!(
                    "\n  {}: {} / {}",
                    member.member, member.text.ja, member.text.en
                ));
            }
            anyhow!(text)
        }
        ClientError::Connection(Refusal::Certificate) => given.refused(),
        ClientError::Connection(Refusal::Server) => told::both(
            &format!(
                "応答したのは、このセンターではありません。{}と{}を確かめ、通信の中身を調べるセキュリティソフトやルータがあれば、その設定も確かめてください。",
                address.0, root.0
            ),
            &format!(
                "what answered is not this center; look at {} and {}, and at security software and routers that open connections to look into them",
                address.1, root.1
            ),
        ),
        ClientError::Connection(Refusal::Clock) => anyhow!(
            "このパソコンの日時が正しくないため、センターに接続できません。日時を直してください。 / \
             this machine's clock is wrong, so the center cannot be reached; set date and time"
        ),
        ClientError::Connection(Refusal::Line) => told::both(
            &format!(
                "センターに接続できません。回線と{}を確かめてください。",
                address.0
            ),
            &format!(
                "no connection with the center; look at the line and {}",
                address.1
            ),
        ),
        ClientError::Address => told::both(
            &format!(
                "センターのアドレスではありません。{} を https://ホスト:ポート の形で指定してください。",
                address.0
            ),
            &format!(
                "no address of a center; give {} like https://host:port",
                address.1
            ),
        ),
        ClientError::Answer => crate::enroll::other_answer(),
        ClientError::TooLarge => told::both(
            "センターの応答が大きすぎます。条件を絞るか、件数を分けてください。",
            "the center's answer is too large; ask for less at once",
        ),
        ClientError::Tls(error) => anyhow!("TLS を準備できません。 / {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_did_not_prove_to_be_the_center_is_told_of_with_address_root_and_devices_on_the_way() {
        for given in [Given::Center, Given::Enroll, Given::Settings, Given::Visit] {
            let error = ClientError::Connection(Refusal::Server);
            let text = explain_of(&error, given).to_string();
            let (address, root) = (given.address(), given.root());
            for part in [address.0, address.1, root.0, root.1, "ルータ", "routers"] {
                assert!(text.contains(part), "{given:?}: {part} in {text}");
            }
        }
    }
}
