//! What commands that speak to a center share: the center's address, its root, the certificate, the account.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use api::client::{Client, ClientError};
use api::session::{Session, SignIn};
use clap::Args;
use pki::client::Refusal;
use pki::identity::Identity;
use rustls_pki_types::CertificateDer;

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
        let bytes = std::fs::read(p12).with_context(|| format!("cannot read {}", p12.display()))?;
        let identity = Identity::from_pkcs12(&bytes, &secret(p12_password)?)
            .with_context(|| format!("{}", p12.display()))?;
        let client = Client::new(center, &root(root_file)?, Some(&identity))?;
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
            bail!("the password of {account} must be changed first (PUT /v1/accounts/me/password)");
        }
        Ok((client, session))
    }
}

/// A root certificate from its PEM file.
pub(crate) fn root(file: &Path) -> anyhow::Result<CertificateDer<'static>> {
    let pem = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    pki::identity::first_certificate(&pem)
        .with_context(|| format!("{} holds no certificate", file.display()))
}

/// A secret from its file, without the line end.
pub(crate) fn secret(file: &Path) -> anyhow::Result<String> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// What happened and what to do, in both languages.
pub(crate) fn explain(error: &ClientError) -> anyhow::Error {
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
        ClientError::Connection(Refusal::Certificate) => anyhow!(
            "センターが電子証明書を受け付けません（期限切れ・失効）。再発行を申請してください。 / \
             the center refuses the certificate (expired or revoked); apply for a new one"
        ),
        ClientError::Connection(Refusal::Server) => anyhow!(
            "センターの証明書を確認できません。root の指定を確かめてください。 / \
             the center's certificate is not of this root; look at --root"
        ),
        ClientError::Connection(Refusal::Line) => anyhow!(
            "センターに接続できません。回線と --center を確かめてください。 / no connection with the center; look at the line and --center"
        ),
        ClientError::Address | ClientError::Answer | ClientError::Tls(_) => anyhow!("{error}"),
    }
}
