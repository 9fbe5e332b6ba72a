//! The floor: a prepared select of a person's row over one connection that all share, and an insert of the rows of all checks that wait, by
//! another, in one transaction. Nothing is read of what comes, hashed or signed.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Statement};

use super::server::Server;
use super::{ANSWER_BYTES, Asked, QUESTION_BYTES, id, now, timed};

/// Checks in one transaction at most, as the store has it.
const MOST: usize = 512;

const CHECKS: &str = "INSERT INTO center.check_record SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::text[], $5::bigint[],
    $6::text[], $7::bigint[], $8::text[], $9::text[], $10::text[], $11::text[], $12::bytea[], $13::bytea[], $14::text[])";

const EVENTS: &str = "INSERT INTO center.audit_event SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bigint[],
    $6::text[], $7::bigint[], $8::bytea[], $9::text[], $10::bytea[], $11::text[], $12::bytea[], $13::bigint[], $14::bigint[])";

/// A check that waits, and who is told that it is written, or why not.
type Waiting = (u128, oneshot::Sender<Result<(), String>>);

pub(super) struct Bare {
    reading: Arc<Client>,
    select: Statement,
    sender: mpsc::UnboundedSender<Waiting>,
}

impl Bare {
    pub(super) async fn connect(server: &Server) -> anyhow::Result<Self> {
        let reading = Arc::new(client(server).await?);
        let text = "SELECT record FROM registry.insured WHERE key = $1 ORDER BY part LIMIT 64";
        let select = reading.prepare(text).await?;
        let writing = client(server).await?;
        let (sender, waiting) = mpsc::unbounded_channel();
        let inserts = (
            writing.prepare(CHECKS).await?,
            writing.prepare(EVENTS).await?,
        );
        tokio::spawn(write(writing, inserts, waiting));
        Ok(Self {
            reading,
            select,
            sender,
        })
    }

    /// Checks a second.
    pub(super) async fn run(
        &self,
        asked: &Arc<Vec<Asked>>,
        at_once: usize,
        time: Duration,
    ) -> anyhow::Result<f64> {
        let (reading, select, sender) = (
            Arc::clone(&self.reading),
            self.select.clone(),
            self.sender.clone(),
        );
        let asked = Arc::clone(asked);
        timed(at_once, time, move |number| {
            let (reading, select, sender, asked) = (
                Arc::clone(&reading),
                select.clone(),
                sender.clone(),
                Arc::clone(&asked),
            );
            async move {
                let it = asked
                    .get(number % asked.len())
                    .context("nobody was loaded")?;
                let rows = reading.query(&select, &[&it.key.as_str()]).await?;
                anyhow::ensure!(!rows.is_empty(), "somebody is not found");
                let (told, answer) = oneshot::channel();
                sender.send((id(), told))?;
                let written = answer.await?;
                written.map_err(|why| anyhow::anyhow!("an insert failed: {why}"))
            }
        })
        .await
    }
}

async fn client(server: &Server) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(&server.url(), NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn write(
    client: Client,
    inserts: (Statement, Statement),
    mut waiting: mpsc::UnboundedReceiver<Waiting>,
) {
    let mut seq = 0;
    let mut group = Vec::new();
    while 0 < waiting.recv_many(&mut group, MOST).await {
        let ids: Vec<[u8; 16]> = group.iter().map(|(id, _)| id.to_be_bytes()).collect();
        let written = insert(&client, &inserts, &ids, seq).await;
        seq += i64::try_from(ids.len()).unwrap_or_default();
        let written = written.map_err(|error| format!("{:#}", anyhow::Error::from(error)));
        for (_, told) in group.drain(..) {
            let _ = told.send(written.clone());
        }
    }
}

async fn insert(
    client: &Client,
    (checks, events): &(Statement, Statement),
    ids: &[[u8; 16]],
    seq: i64,
) -> Result<(), tokio_postgres::Error> {
    let many = ids.len();
    let ids: Vec<&[u8]> = ids.iter().map(|it| &it[..]).collect();
    let facility = vec![1_319_999_999_i64; many];
    let at = vec![now().as_micros(); many];
    let (account, origin) = (vec!["uketsuke"; many], vec!["page"; many]);
    let (day, verdict) = (vec![20_000_i64; many], vec![1_i64; many]);
    let insurer = vec!["06139992"; many];
    let name = vec![Some("資格　太郎"); many];
    let none: Vec<Option<&str>> = vec![None; many];
    let (question, answer) = ([b'q'; QUESTION_BYTES], [b'a'; ANSWER_BYTES]);
    let (question, answer) = (vec![&question[..]; many], vec![&answer[..]; many]);
    let of_checks: [&(dyn ToSql + Sync); 14] = [
        &facility, &ids, &at, &account, &day, &origin, &verdict, &insurer, &name, &none, &none,
        &question, &answer, &none,
    ];
    let (chain, hash) = ([0xba_u8; 16], [7_u8; 32]);
    let (chain, hash) = (vec![&chain[..]; many], vec![&hash[..]; many]);
    let seqs: Vec<i64> = (seq + 1..).take(many).collect();
    let (actor, deed) = (vec!["account:uketsuke"; many], vec!["check"; many]);
    let detail = vec!["verdict=1"; many];
    let no_number: Vec<Option<i64>> = vec![None; many];
    let of_events: [&(dyn ToSql + Sync); 14] = [
        &chain, &seqs, &hash, &hash, &at, &actor, &facility, &hash, &deed, &ids, &detail, &hash,
        &no_number, &no_number,
    ];
    client.batch_execute("BEGIN").await?;
    let (first, second) = tokio::join!(
        client.execute(checks, &of_checks),
        client.execute(events, &of_events)
    );
    first?;
    second?;
    client.batch_execute("COMMIT").await
}
