mod domain;
mod letters;
