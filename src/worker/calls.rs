//! seccomp: the system calls that a child may make. What is not named is refused with EPERM.

use std::collections::BTreeMap;
use std::env::consts::ARCH;
use std::process;

use libc::c_long;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};

use crate::worker::confine::Hold;

/// Memory, threads, clocks, and files that are open already.
const PLAIN: [c_long; 45] = [
    libc::SYS_brk,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_close,
    libc::SYS_dup,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_fcntl,
    libc::SYS_fstat,
    libc::SYS_futex,
    libc::SYS_getcwd,
    libc::SYS_getdents64,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_lseek,
    libc::SYS_madvise,
    libc::SYS_membarrier,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_newfstatat,
    libc::SYS_ppoll,
    libc::SYS_pread64,
    libc::SYS_read,
    libc::SYS_readlinkat,
    libc::SYS_readv,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_sigaltstack,
    libc::SYS_statx,
    libc::SYS_sysinfo,
    libc::SYS_uname,
    libc::SYS_write,
];

/// The older names that one architecture still has.
#[cfg(target_arch = "x86_64")]
const OLD: [c_long; 7] = [
    libc::SYS_access,
    libc::SYS_arch_prctl,
    libc::SYS_lstat,
    libc::SYS_poll,
    libc::SYS_readlink,
    libc::SYS_stat,
    libc::SYS_time,
];
#[cfg(not(target_arch = "x86_64"))]
const OLD: [c_long; 0] = [];

/// With these bits, an open makes or changes a file.
const CHANGES_A_FILE: i32 = libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC;

/// `PR_SET_VMA`: the C library gives its memory names.
const NAMES_MEMORY: i32 = 0x5356_4d41;

/// Leaves this thread, and those that it starts, only the calls that reading and counting need.
///
/// No file is opened for writing, nothing is run, no process is started, traced or told to end, no socket is
/// made, no memory becomes code. Says whether the kernel could do it.
pub(super) fn refuse_the_rest() -> Hold {
    let Ok(programs) = programs() else { return Hold::Nothing };
    let kept = programs.iter().filter(|program| apply_filter(program).is_ok()).count();
    match kept {
        0 => Hold::Nothing,
        some if some < programs.len() => Hold::Partly,
        _ => Hold::Whole,
    }
}

fn programs() -> Result<[BpfProgram; 2], BackendError> {
    let arch = TargetArch::try_from(ARCH)?;
    let refused = SeccompAction::Errno(number(libc::EPERM));
    let only = SeccompFilter::new(allowed()?, refused, SeccompAction::Allow, arch)?;
    // The C library starts threads with clone3, whose flags cannot be looked at; told that there is none, it
    // takes clone.
    let absent = SeccompAction::Errno(number(libc::ENOSYS));
    let no_clone3 = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let no_clone3 = SeccompFilter::new(no_clone3, SeccompAction::Allow, absent, arch)?;
    Ok([no_clone3.try_into()?, only.try_into()?])
}

fn allowed() -> Result<BTreeMap<i64, Vec<SeccompRule>>, BackendError> {
    let mut calls: BTreeMap<i64, Vec<SeccompRule>> =
        PLAIN.into_iter().chain(OLD).map(|call| (call, Vec::new())).collect();
    // The other filter has the say; of two refusals the later one would be heard.
    calls.insert(libc::SYS_clone3, Vec::new());
    let without = |argument, bits: i32| one(argument, SeccompCmpOp::MaskedEq(wide(bits)), 0);
    let exactly = |argument, value: i32| one(argument, SeccompCmpOp::Eq, wide(value));
    calls.insert(libc::SYS_openat, vec![without(2, CHANGES_A_FILE)?]);
    calls.insert(libc::SYS_mmap, vec![without(2, libc::PROT_EXEC)?]);
    calls.insert(libc::SYS_mprotect, vec![without(2, libc::PROT_EXEC)?]);
    let threads = SeccompCmpOp::MaskedEq(wide(libc::CLONE_THREAD));
    calls.insert(libc::SYS_clone, vec![one(0, threads, wide(libc::CLONE_THREAD))?]);
    // To itself only, for abort().
    let own = u64::from(process::id());
    calls.insert(libc::SYS_tgkill, vec![one(0, SeccompCmpOp::Eq, own)?]);
    calls.insert(libc::SYS_prctl, vec![exactly(0, libc::PR_SET_NAME)?, exactly(0, NAMES_MEMORY)?]);
    // Limits may be read: the new ones, which are the third argument, are none.
    let none = SeccompCondition::new(2, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0)?;
    calls.insert(libc::SYS_prlimit64, vec![SeccompRule::new(vec![none])?]);
    let terminal = SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, libc::TCGETS)?;
    calls.insert(libc::SYS_ioctl, vec![SeccompRule::new(vec![terminal])?]);
    Ok(calls)
}

fn one(argument: u8, compared: SeccompCmpOp, value: u64) -> Result<SeccompRule, BackendError> {
    let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, compared, value)?;
    SeccompRule::new(vec![condition])
}

fn wide(bits: i32) -> u64 {
    u64::from(bits.cast_unsigned())
}

fn number(error: i32) -> u32 {
    error.cast_unsigned()
}
