use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use quarterdeck::collect::CollectError;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::server::{ok, status};
use super::{CSV, fetch, fetch_many, limits, reason, received, source, wanted};

/// A TLS server for `localhost`; returns its port and its certificate in PEM.
fn tls_server(answer: Vec<u8>) -> (u16, String) {
    let _installed = rustls::crypto::ring::default_provider().install_default().is_ok();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            let mut head = [0; 4096];
            if stream.read(&mut head).is_ok_and(|count| count > 0) {
                stream.write_all(&answer).and_then(|()| stream.flush()).ok();
            }
        }
    });
    (port, made.cert.pem())
}

#[test]
fn a_certificate_authority_of_ones_own_is_believed_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (port, pem) = tls_server(ok(CSV, "Connection: close\r\n"));
    let mut source = source(format!("https://localhost:{port}/x"));
    let said = reason(&fetch(&source, &limits()));
    assert!(said.to_lowercase().contains("certificate"), "{said}");
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, pem).unwrap();
    source.ca_file = Some(file.clone());
    assert_eq!(received(fetch(&source, &limits())).bytes, CSV.as_bytes());
    std::fs::write(&file, "not a certificate").unwrap();
    let error = fetch_many(&source, &limits(), vec![wanted("E06000022")]).unwrap_err();
    assert!(matches!(error, CollectError::Certificates { .. }), "{error}");
}

#[test]
fn a_redirect_from_https_to_http_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (port, pem) =
        tls_server(status("302 Found", "Connection: close\r\nLocation: http://localhost:1/x\r\n"));
    let mut source = source(format!("https://localhost:{port}/x"));
    source.ca_file = Some(folder.path().join("ca.pem"));
    std::fs::write(folder.path().join("ca.pem"), pem).unwrap();
    assert!(reason(&fetch(&source, &limits())).contains("from https to http"));
}
