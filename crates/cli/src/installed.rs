//! The certificate installed for a part of this PC: opened, shown to the center, and followed when another takes its place.

use std::path::Path;

use api::client::Client;
use api::client::following::Followed;
use pki::identity::Holder;
use pki::installed::Installed;

use crate::told;

/// A client with the certificate of a name, which takes up another put in its place; needs the runtime.
pub(crate) fn client(
    installed: &Installed,
    name: &str,
    center: &str,
    ca: &Path,
) -> anyhow::Result<(Client, Holder)> {
    if !installed.file(name).is_file() {
        return Err(told::no_certificate(&installed.file(name), name));
    }
    let identity = installed.read(name)?;
    let holder = identity.holder().ok_or_else(told::no_client_certificate)?;
    let root = crate::client::root(ca)?;
    let client = Client::by(crate::serve::clock(), center, &root, Some(&identity))?;
    let followed = Followed {
        installed: installed.clone(),
        name: name.to_owned(),
        holder: holder.clone(),
    };
    tokio::spawn(followed.run(client.clone(), crate::serve::clock()));
    Ok((client, holder))
}
