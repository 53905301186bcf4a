mod digests;
mod dump;
mod mails;
mod world;
