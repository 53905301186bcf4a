//! Small numbers are withheld on output, and with them whatever would give them away.
