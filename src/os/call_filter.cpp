#include "os/call_filter.h"

#include <cerrno>
#include <memory>
#include <sched.h>
#include <seccomp.h>
#include <sys/socket.h>

namespace bobbin::os {
namespace {

/// What a running server, its libraries and the C library call, whatever the arguments. The kernel remembers
/// for these that they are allowed, and does not run the filter (Linux 5.11).
constexpr int kAllowed[] = {
    // Bytes
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64), SCMP_SYS(pwrite64),
    SCMP_SYS(preadv), SCMP_SYS(pwritev), SCMP_SYS(preadv2), SCMP_SYS(pwritev2), SCMP_SYS(sendfile),
    SCMP_SYS(splice), SCMP_SYS(copy_file_range), SCMP_SYS(lseek),
    // Files
    SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(close), SCMP_SYS(close_range),
    SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(statfs),
    SCMP_SYS(fstatfs), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),
    SCMP_SYS(readlinkat), SCMP_SYS(getdents64), SCMP_SYS(getcwd), SCMP_SYS(name_to_handle_at),
    SCMP_SYS(getxattr), SCMP_SYS(lgetxattr), SCMP_SYS(fgetxattr), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
    SCMP_SYS(rmdir), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat),
    SCMP_SYS(renameat2), SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(truncate), SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(syncfs), SCMP_SYS(sync_file_range),
    SCMP_SYS(fadvise64), SCMP_SYS(readahead), SCMP_SYS(chmod), SCMP_SYS(fchmod), SCMP_SYS(fchmodat),
    SCMP_SYS(chown), SCMP_SYS(fchown), SCMP_SYS(fchownat), SCMP_SYS(utimensat), SCMP_SYS(umask),
    SCMP_SYS(flock), SCMP_SYS(fcntl), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(pipe),
    SCMP_SYS(pipe2), SCMP_SYS(memfd_create), SCMP_SYS(inotify_init1), SCMP_SYS(inotify_add_watch),
    SCMP_SYS(inotify_rm_watch),
    // Sockets that are there
    SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg),
    SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg), SCMP_SYS(shutdown), SCMP_SYS(getsockname),
    SCMP_SYS(getpeername), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(socketpair),
    SCMP_SYS(connect),  // of a Unix socket: no other can be made, and Landlock refuses TCP
    // Waiting
    SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_pwait2), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6),
    SCMP_SYS(eventfd2), SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime), SCMP_SYS(signalfd4),
    SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(restart_syscall),
    // Memory, threads and time
    SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(brk),
    SCMP_SYS(mincore), SCMP_SYS(mlock), SCMP_SYS(munlock), SCMP_SYS(membarrier), SCMP_SYS(futex),
    SCMP_SYS(futex_waitv), SCMP_SYS(set_robust_list), SCMP_SYS(get_robust_list), SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address), SCMP_SYS(gettid), SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(getuid),
    SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getgroups), SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_setscheduler), SCMP_SYS(sched_getscheduler),
    SCMP_SYS(sched_getparam), SCMP_SYS(sched_setparam), SCMP_SYS(getpriority), SCMP_SYS(prctl),
    SCMP_SYS(arch_prctl), SCMP_SYS(getrusage), SCMP_SYS(getrlimit), SCMP_SYS(sysinfo), SCMP_SYS(uname),
    SCMP_SYS(getcpu), SCMP_SYS(getrandom), SCMP_SYS(time), SCMP_SYS(gettimeofday), SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres), SCMP_SYS(times), SCMP_SYS(ioctl),
    // Signals, and the end
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigpending),
    SCMP_SYS(rt_sigtimedwait), SCMP_SYS(sigaltstack), SCMP_SYS(tgkill), SCMP_SYS(kill), SCMP_SYS(exit),
    SCMP_SYS(exit_group)};

/// What somebody would call who has taken the server over. They are told that it is not permitted.
constexpr int kForbidden[] = {SCMP_SYS(execve),
                              SCMP_SYS(execveat),
                              SCMP_SYS(fork),
                              SCMP_SYS(vfork),
                              SCMP_SYS(ptrace),
                              SCMP_SYS(process_vm_readv),
                              SCMP_SYS(process_vm_writev),
                              SCMP_SYS(pidfd_getfd),
                              SCMP_SYS(bind),
                              SCMP_SYS(listen),
                              SCMP_SYS(mount),
                              SCMP_SYS(umount2),
                              SCMP_SYS(pivot_root),
                              SCMP_SYS(chroot),
                              SCMP_SYS(unshare),
                              SCMP_SYS(setns),
                              SCMP_SYS(symlink),
                              SCMP_SYS(symlinkat),
                              SCMP_SYS(mknod),
                              SCMP_SYS(mknodat),
                              SCMP_SYS(open_by_handle_at),
                              SCMP_SYS(bpf),
                              SCMP_SYS(perf_event_open),
                              SCMP_SYS(userfaultfd),
                              SCMP_SYS(keyctl),
                              SCMP_SYS(add_key),
                              SCMP_SYS(request_key),
                              SCMP_SYS(setuid),
                              SCMP_SYS(setgid),
                              SCMP_SYS(setresuid),
                              SCMP_SYS(setresgid),
                              SCMP_SYS(setgroups),
                              SCMP_SYS(capset),
                              SCMP_SYS(init_module),
                              SCMP_SYS(finit_module),
                              SCMP_SYS(kexec_load),
                              SCMP_SYS(reboot)};

Result<void> checked(int outcome, const char* operation) {
  if (outcome < 0) return failure(Error{-outcome, operation});
  return {};
}

class Filter {
 public:
  /// A call that is not named is answered as by a kernel that does not know it.
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(ENOSYS)), seccomp_release) {}

  [[nodiscard]] bool is_there() const { return context_ != nullptr; }

  /// A call that this machine does not have is left out by the library.
  Result<void> allow(int call) {
    return checked(seccomp_rule_add(get(), SCMP_ACT_ALLOW, call, 0), "seccomp_rule_add");
  }
  Result<void> allow(int call, scmp_arg_cmp argument) {
    return checked(seccomp_rule_add(get(), SCMP_ACT_ALLOW, call, 1, argument), "seccomp_rule_add");
  }
  Result<void> forbid(int call) {
    return checked(seccomp_rule_add(get(), SCMP_ACT_ERRNO(EPERM), call, 0), "seccomp_rule_add");
  }
  Result<void> forbid(int call, scmp_arg_cmp argument) {
    return checked(seccomp_rule_add(get(), SCMP_ACT_ERRNO(EPERM), call, 1, argument), "seccomp_rule_add");
  }
  /// For all threads of the process.
  Result<void> load() {
    TRY(checked(seccomp_attr_set(get(), SCMP_FLTATR_CTL_TSYNC, 1), "seccomp_attr_set"));
    return checked(seccomp_load(get()), "seccomp_load");
  }

 private:
  [[nodiscard]] scmp_filter_ctx get() const { return context_.get(); }
  std::unique_ptr<void, decltype(&seccomp_release)> context_;
};

}  // namespace

Result<void> confine_calls() {
  Filter filter;
  if (!filter.is_there()) return failure(Error{ENOMEM, "seccomp_init"});
  for (const int call : kAllowed) TRY(filter.allow(call));
  for (const int call : kForbidden) TRY(filter.forbid(call));
  // A thread, and no process. clone3 hides its flags in memory: without it the C library takes clone.
  TRY(filter.allow(SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)));
  TRY(filter.forbid(SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)));
  TRY(filter.allow(SCMP_SYS(socket), SCMP_A0(SCMP_CMP_EQ, AF_UNIX)));
  TRY(filter.forbid(SCMP_SYS(socket), SCMP_A0(SCMP_CMP_NE, AF_UNIX)));
  // Limits of this process may be asked, and not be changed.
  TRY(filter.allow(SCMP_SYS(prlimit64), SCMP_A2(SCMP_CMP_EQ, 0)));
  TRY(filter.forbid(SCMP_SYS(prlimit64), SCMP_A2(SCMP_CMP_NE, 0)));
  return filter.load();
}

}  // namespace bobbin::os
