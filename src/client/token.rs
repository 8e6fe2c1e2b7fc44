//! The authentication token: fetched when a server asks for one, by one call
//! for all that need it.

use super::call::{Call, Cluster, Effect, Progress};
use super::options::Login;
use crate::error::{Error, Result};
use crate::status::{self, ETCD_ERR_AUTH_NOT_ENABLED, ETCD_ERR_PROTOCOL};
use crate::transport::service::service;
use http::HeaderValue;
use std::sync::{Arc, Mutex};

/// A token and which attempt brought it. None: the server wants none.
#[derive(Clone, Default)]
pub struct Token {
    pub value: Option<HeaderValue>,
    attempt: u64,
}

#[derive(Default)]
struct Latest {
    token: Token,
    /// How the latest attempt failed, if it did: for those who waited for it.
    failed: Option<Error>,
}

pub struct Tokens {
    login: Option<Login>,
    latest: Mutex<Latest>,
    /// Held by the call that is asking for a token.
    asking: tokio::sync::Mutex<()>,
}

impl Tokens {
    pub fn new(login: Option<Login>) -> Tokens {
        Tokens { login, latest: Mutex::default(), asking: tokio::sync::Mutex::default() }
    }

    pub fn has_login(&self) -> bool {
        self.login.is_some()
    }

    /// The token to use now; the first call of a client with a login fetches it.
    pub async fn current(&self, cluster: &Arc<Cluster>) -> Result<Token> {
        if self.login.is_none() {
            return Ok(Token::default());
        }
        let token = {
            let latest = self.latest.lock().unwrap();
            if latest.token.attempt > 0 && latest.failed.is_none() {
                return Ok(latest.token.clone());
            }
            latest.token.clone()
        };
        self.renew(cluster, &token).await
    }

    /// A token newer than `old`, which a server has refused.
    pub async fn renew(&self, cluster: &Arc<Cluster>, old: &Token) -> Result<Token> {
        let _asking = self.asking.lock().await;
        {
            let latest = self.latest.lock().unwrap();
            if latest.token.attempt > old.attempt {
                return latest.failed.clone().map_or_else(|| Ok(latest.token.clone()), Err);
            }
        }
        let result = self.authenticate(cluster).await;
        let mut latest = self.latest.lock().unwrap();
        latest.token.attempt += 1;
        latest.failed = None;
        match result {
            Ok(value) => latest.token.value = value,
            Err(error) => {
                latest.token.value = None;
                latest.failed = Some(error.clone());
                return Err(error);
            }
        }
        Ok(latest.token.clone())
    }

    async fn authenticate(&self, cluster: &Arc<Cluster>) -> Result<Option<HeaderValue>> {
        let Some(login) = &self.login else { return Ok(None) };
        let failure = Arc::new(Mutex::new(None));
        let (ours, failed) = (cluster.clone(), failure.clone());
        let channel = service(move |path, frame| {
            let (cluster, failed) = (ours.clone(), failed.clone());
            async move {
                // Asking twice does no harm, so it is repeated like a read.
                let call = Call::new(path, Effect::Read, frame);
                let asked = cluster.persist(&call, None, &Progress::default(), &mut None).await;
                asked.map(Into::into).map_err(|e| {
                    let status = tonic::Status::new(e.grpc.unwrap_or(2).into(), e.message.clone());
                    *failed.lock().unwrap() = Some(e);
                    status
                })
            }
        });
        let asked = async {
            let mut client = etcd_client::Client::from_channel(channel, None).await?.auth_client();
            client.authenticate(login.user.clone(), login.password.to_string()).await
        };
        match asked.await {
            Ok(reply) => match HeaderValue::from_str(reply.token()) {
                Ok(mut token) => {
                    // Never to be kept in a compression table, or shown.
                    token.set_sensitive(true);
                    Ok(Some(token))
                }
                Err(_) => Err(Error::new(ETCD_ERR_PROTOCOL, "the server's token is no text")),
            },
            Err(e) => match failure.lock().unwrap().take() {
                Some(error) if error.status == ETCD_ERR_AUTH_NOT_ENABLED => Ok(None),
                Some(error) => Err(error),
                None => Err(Error::new(status::ETCD_ERR_INTERNAL, e.to_string())),
            },
        }
    }
}
