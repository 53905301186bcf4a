//! A folder in place of a mail server.

use std::fs;
use std::io;

use quarterdeck::config::settings::PostSettings;
use quarterdeck::domain::message::Message;
use quarterdeck::mail::{Hurry, Post, Sending};

use crate::mail::letter::{digest, settings};
use crate::mail::parsed::finished;

async fn post(folder: &std::path::Path, message: &Message) -> (Sending, u32) {
    let post = Post::open(&settings(PostSettings::Folder { path: folder.to_owned() })).unwrap();
    let mut journalled = 0;
    let sending = post
        .send(
            message,
            &mut || {
                journalled += 1;
                Ok(())
            },
            Hurry::heard(None),
        )
        .await;
    (sending, journalled)
}

#[tokio::test]
async fn a_message_is_written_under_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("not/there/yet");
    let message = finished(&digest());
    let (sending, journalled) = post(&inner, &message).await;
    assert!(matches!(sending, Sending::Accepted { .. }), "{sending:?}");
    assert_eq!(journalled, 1);
    let names: Vec<_> = fs::read_dir(&inner).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["digest.director.2017-18-q2.banes-director.eml"]);
    assert_eq!(fs::read(inner.join(&names[0])).unwrap(), message.bytes);
}

#[tokio::test]
async fn the_same_message_again_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let message = finished(&digest());
    post(folder.path(), &message).await;
    assert!(matches!(post(folder.path(), &message).await.0, Sending::Accepted { .. }));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn other_bytes_under_the_same_key_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let message = finished(&digest());
    post(folder.path(), &message).await;
    let other = Message { bytes: b"other\r\n".to_vec(), ..message.clone() };
    assert!(matches!(post(folder.path(), &other).await.0, Sending::Refused { .. }));
    let file = folder.path().join(format!("{}.eml", message.key));
    assert_eq!(fs::read(file).unwrap(), message.bytes);
}

#[tokio::test]
async fn what_cannot_be_journalled_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let post = Post::open(&settings(PostSettings::Folder { path: folder.path().to_owned() })).unwrap();
    let mut at_body = || Err(io::Error::other("disk full"));
    let sending = post.send(&finished(&digest()), &mut at_body, Hurry::heard(None)).await;
    assert!(matches!(sending, Sending::Later { .. }));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Post::open(&settings(PostSettings::Folder { path: file.join("below") })).unwrap_err();
    assert!(error.to_string().contains("file/below"), "{error}");
}
