//! The words of a receipt.
