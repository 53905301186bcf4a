//! The program.

use std::process::ExitCode;

fn main() -> ExitCode {
    quarterdeck::cli::main()
}
