mod digests;
mod dump;
mod first;
mod mails;
mod world;
