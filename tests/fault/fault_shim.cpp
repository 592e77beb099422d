// A library for LD_PRELOAD that stands between a program and the C library, and makes system calls fail,
// wait, fall short or pretend. What it does is said, call by call and while the program runs, in a shared
// control file (FAULT_CONTROL); the other side is faults.py, which mirrors the layout below. Without a
// control file it does nothing.

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <string_view>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

/// What can be disturbed. The order is the one in faults.py.
enum Operation : std::uint32_t {
  open_unnamed,     // openat with O_TMPFILE
  open_named,       // openat with O_CREAT
  open_beneath,     // openat2
  write_file,       // write and pwrite to a regular file
  sync_file,        // fsync, fdatasync
  sync_directory,   // the same, of a directory
  link_file,        // linkat
  rename_file,      // renameat2
  unlink_file,      // unlinkat
  status_file,      // fstat or statx of an open regular file
  read_file,        // pread
  read_cached,      // preadv2: what is in the page cache
  send_file,        // sendfile
  send_bytes,       // send, sendmsg
  receive_bytes,    // recv
  accept_socket,    // accept4
  watch_socket,     // epoll_ctl
  wait_events,      // epoll_wait
  create_thread,    // pthread_create
  open_proc,        // open of a path beneath /proc
  sync_everything,  // syncfs
  make_directory,   // mkdir, mkdirat
  operation_count
};

struct Rule {
  std::atomic<std::uint32_t>
      every;  // 0: never; n: every n-th call is disturbed, counted from when the rule was made
  std::atomic<std::uint32_t> error;     // the errno it fails with; 0: it pretends to have succeeded
  std::atomic<std::uint32_t> limit;     // how many calls are disturbed at most; 0: no limit
  std::atomic<std::uint32_t> performs;  // not 0: the call is made, and only its answer is lost
  std::atomic<std::uint32_t> at_most;   // bytes that one call may move; 0: no limit
  std::atomic<std::uint32_t> holds;     // not 0: calls wait until it is 0
  std::atomic<std::uint32_t> calls;     // told back: how many were made,
  std::atomic<std::uint32_t> failed;    // disturbed,
  std::atomic<std::uint32_t> held;      // and wait now
  std::uint32_t unused;
};

struct Event {
  std::uint32_t operation;
  std::int32_t error;
  std::uint32_t
      begun;  // begun and ended count on one clock, so that it can be said what happened before what
  std::atomic<std::uint32_t> ended;  // written last; 0: still going on
  std::uint64_t inode;
  char text[40];  // the name that is linked, the first bytes that are sent; ended by NUL unless it fills the
                  // field
};

constexpr std::uint32_t kEventCapacity = 8192;

struct Control {
  std::atomic<std::uint32_t> recording;
  std::atomic<std::uint32_t> moments;
  std::atomic<std::uint32_t> events_begun;
  std::atomic<std::uint32_t> whole_seconds;  // not 0: file times lose their fraction
  // At the crash_at-th call that stores something (0: never), before it is made or after it, the process
  // kills itself. Where a disk is named, its file system is shut down first, as by a power cut. Or, where
  // that is an errno, the call fails with it, and the process goes on.
  std::atomic<std::uint32_t> crash_at;
  std::atomic<std::uint32_t> fails_with;
  std::atomic<std::uint32_t> crashes_after;
  std::atomic<std::uint32_t> storing_calls;
  char disk[256];
  Rule rules[operation_count];
  Event events[kEventCapacity];
};

Control* open_control() {
  const char* path = std::getenv("FAULT_CONTROL");
  if (path == nullptr) return nullptr;
  const long fd = ::open(path, O_RDWR | O_CLOEXEC);
  void* memory =
      fd < 0 ? MAP_FAILED
             : ::mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, static_cast<int>(fd), 0);
  if (memory == MAP_FAILED) {
    std::fprintf(stderr, "fault_shim: cannot use %s: %s\n", path, std::strerror(errno));
    std::abort();
  }
  ::close(static_cast<int>(fd));
  return static_cast<Control*>(memory);
}

Control* control() {
  static Control* const opened = open_control();
  return opened;
}

template <typename Function>
Function* real(Function*, const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}
#define REAL(name) (real(&(name), #name))

/// What an operation is about, for the record.
struct Subject {
  std::uint64_t inode = 0;
  std::string_view text = {};
};

struct stat status_of(int fd) {
  static const auto real_fstat = REAL(fstat);
  const int saved = errno;
  struct stat status{};
  if (real_fstat(fd, &status) != 0) status = {};
  errno = saved;
  return status;
}

/// As on a file system that keeps whole seconds.
void coarsen(struct stat* status) {
  if (control() == nullptr || control()->whole_seconds == 0) return;
  status->st_mtim.tv_nsec = status->st_ctim.tv_nsec = 0;
}

Subject file(int fd, std::string_view text = {}) { return {status_of(fd).st_ino, text}; }
bool is_regular(int fd) { return S_ISREG(status_of(fd).st_mode); }
bool is_directory(int fd) { return S_ISDIR(status_of(fd).st_mode); }

Event* record_begin(Operation operation, const Subject& subject) {
  if (control()->recording == 0) return nullptr;
  const std::uint32_t index = control()->events_begun++;
  if (index >= kEventCapacity) return nullptr;
  Event& event = control()->events[index];
  event.operation = operation;
  event.inode = subject.inode;
  std::memset(event.text, 0, sizeof event.text);
  std::memcpy(event.text, subject.text.data(), std::min(subject.text.size(), sizeof event.text));
  event.begun = ++control()->moments;
  return &event;
}

void record_end(Event* event, long result) {
  if (event == nullptr) return;
  event->error = result < 0 ? errno : 0;
  event->ended = ++control()->moments;
}

bool stores(Operation operation) {
  switch (operation) {
    case open_unnamed:
    case open_named:
    case write_file:
    case sync_file:
    case sync_directory:
    case link_file:
    case rename_file:
    case unlink_file:
    case sync_everything:
    case make_directory: return true;
    default: return false;
  }
}

[[noreturn]] void crash() {
  if (control()->disk[0] != '\0') {
    static const auto real_open = REAL(open);
    const int disk = real_open(control()->disk, O_RDONLY | O_DIRECTORY);
    constexpr unsigned long kShutdown = 0x8004587D;  // EXT4_IOC_SHUTDOWN, XFS_IOC_GOINGDOWN
    std::uint32_t without_flushing = 2;
    if (::ioctl(disk, kShutdown, &without_flushing) != 0) std::perror("fault_shim: the disk goes on");
  }
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

/// Counts one call that stores; the number of it.
std::uint32_t count_storing(Operation operation) {
  return stores(operation) && control()->crash_at != 0 ? ++control()->storing_calls : 0;
}

bool is_time(std::uint32_t call) { return call != 0 && call == control()->crash_at; }

void crash_if_it_is_time(std::uint32_t call, bool is_after) {
  if (is_time(call) && control()->fails_with == 0 && is_after == (control()->crashes_after != 0)) crash();
}

bool is_disturbed(Rule& rule) {
  const std::uint32_t call = ++rule.calls;
  const std::uint32_t every = rule.every;
  if (every == 0 || call % every != 0) return false;
  if (rule.limit != 0 && rule.failed >= rule.limit) return false;
  ++rule.failed;
  return true;
}

void wait_while_held(Rule& rule) {
  if (rule.holds == 0) return;
  ++rule.held;
  while (rule.holds != 0) ::usleep(500);
  --rule.held;
}

bool yields_descriptor(Operation operation) {
  return operation <= open_beneath || operation == accept_socket || operation == open_proc;
}

template <typename Call>
long disturbed(Operation operation, const Rule& rule, long pretended, Call call) {
  if (rule.error == 0) return pretended;
  if (rule.performs != 0) {
    const long result = call();
    if (result >= 0 && yields_descriptor(operation)) ::close(static_cast<int>(result));
  }
  errno = static_cast<int>(rule.error.load());
  return -1;
}

/// Makes the call, or what the rule for `operation` makes of it. `pretended`: what a success returns.
template <typename Call>
long perform(Operation operation, const Subject& subject, long pretended, Call call) {
  if (control() == nullptr) return call();
  Rule& rule = control()->rules[operation];
  Event* const event = record_begin(operation, subject);
  wait_while_held(rule);
  const std::uint32_t storing = count_storing(operation);
  crash_if_it_is_time(storing, false);
  long result = -1;
  if (is_time(storing) && control()->fails_with != 0)
    errno = static_cast<int>(control()->fails_with.load());
  else
    result = is_disturbed(rule) ? disturbed(operation, rule, pretended, call) : call();
  crash_if_it_is_time(storing, true);
  record_end(event, result);
  return result;
}

std::size_t shortened(Operation operation, std::size_t count) {
  if (control() == nullptr) return count;
  const std::size_t at_most = control()->rules[operation].at_most;
  return at_most == 0 ? count : std::min(count, at_most);
}

/// How each descriptor is watched, so that its poller can be told of it again.
struct Watched {
  int epoll;
  epoll_event event;
};
std::array<Watched, 65536> watched;

/// Bytes were left in the socket, as though they had not arrived yet. Now they do.
void rest_arrives(int fd) {
  if (control() == nullptr || control()->rules[receive_bytes].at_most == 0) return;
  Watched& how = watched[static_cast<std::size_t>(fd)];
  ::epoll_ctl(how.epoll, EPOLL_CTL_MOD, fd, &how.event);  // not watched yet: will be reported when it is
}

std::string_view text_of(const void* data, std::size_t count) {
  return {static_cast<const char*>(data), count};
}

int sync(int fd, int (*real_sync)(int)) {
  const Operation operation = is_directory(fd) ? sync_directory : sync_file;
  return static_cast<int>(perform(operation, file(fd), 0, [&] { return real_sync(fd); }));
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  static const auto real_open = REAL(open);
  const auto call = [&] { return real_open(path, flags, mode); };
  if (!std::string_view(path).starts_with("/proc/")) return call();
  return static_cast<int>(perform(open_proc, {0, path}, -1, call));
}

int openat(int directory, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  static const auto real_openat = REAL(openat);
  const auto call = [&] { return real_openat(directory, path, flags, mode); };
  if ((flags & O_TMPFILE) == O_TMPFILE) return static_cast<int>(perform(open_unnamed, {}, -1, call));
  if ((flags & O_CREAT) != 0) return static_cast<int>(perform(open_named, {0, path}, -1, call));
  return call();
}

// What the program calls directly: openat2, for which the C library has no function, and its way around the
// cancellation points of recv, send and accept.
long syscall(long number, ...) {
  va_list arguments;
  va_start(arguments, number);
  long a[6];
  for (long& argument : a) argument = va_arg(arguments, long);
  va_end(arguments);
  static const auto real_syscall = REAL(syscall);
  const auto call = [&] { return real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]); };
  const auto shorten = [&](Operation operation) {
    a[2] = static_cast<long>(shortened(operation, static_cast<size_t>(a[2])));
  };
  switch (number) {
    case SYS_openat2: return perform(open_beneath, {0, reinterpret_cast<const char*>(a[1])}, -1, call);
    case SYS_sendto: {
      const Subject subject{0, text_of(reinterpret_cast<const void*>(a[1]), static_cast<size_t>(a[2]))};
      shorten(send_bytes);
      return perform(send_bytes, subject, 0, call);
    }
    case SYS_accept4: return perform(accept_socket, {}, -1, call);
    case SYS_recvfrom: {
      shorten(receive_bytes);
      const long received = perform(receive_bytes, {}, 0, call);
      const int error = errno;
      if (received > 0 || (received < 0 && error == EAGAIN)) rest_arrives(static_cast<int>(a[0]));
      errno = error;
      return received;
    }
    default: return call();
  }
}

ssize_t write(int fd, const void* data, size_t count) {
  static const auto real_write = REAL(write);
  if (control() == nullptr || !is_regular(fd)) return real_write(fd, data, count);
  count = shortened(write_file, count);
  return perform(write_file, file(fd), static_cast<long>(count), [&] { return real_write(fd, data, count); });
}

ssize_t pwrite(int fd, const void* data, size_t count, off_t offset) {
  static const auto real_pwrite = REAL(pwrite);
  count = shortened(write_file, count);
  return perform(write_file, file(fd), static_cast<long>(count),
                 [&] { return real_pwrite(fd, data, count, offset); });
}

int mkdir(const char* path, mode_t mode) noexcept {
  static const auto real_mkdir = REAL(mkdir);
  return static_cast<int>(perform(make_directory, {0, path}, 0, [&] { return real_mkdir(path, mode); }));
}

int mkdirat(int directory, const char* path, mode_t mode) noexcept {
  static const auto real_mkdirat = REAL(mkdirat);
  return static_cast<int>(
      perform(make_directory, {0, path}, 0, [&] { return real_mkdirat(directory, path, mode); }));
}

int fsync(int fd) {
  static const auto real_fsync = REAL(fsync);
  return sync(fd, real_fsync);
}

int fdatasync(int fd) {
  static const auto real_fdatasync = REAL(fdatasync);
  return sync(fd, real_fdatasync);
}

int syncfs(int fd) noexcept {
  static const auto real_syncfs = REAL(syncfs);
  return static_cast<int>(perform(sync_everything, file(fd), 0, [&] { return real_syncfs(fd); }));
}

int linkat(int from_directory, const char* from, int to_directory, const char* to, int flags) noexcept {
  static const auto real_linkat = REAL(linkat);
  const Subject subject = (flags & AT_EMPTY_PATH) != 0 ? file(from_directory, to) : Subject{0, to};
  return static_cast<int>(perform(
      link_file, subject, 0, [&] { return real_linkat(from_directory, from, to_directory, to, flags); }));
}

int renameat2(int from_directory, const char* from, int to_directory, const char* to,
              unsigned flags) noexcept {
  static const auto real_renameat2 = REAL(renameat2);
  return static_cast<int>(perform(rename_file, {0, to}, 0, [&] {
    return real_renameat2(from_directory, from, to_directory, to, flags);
  }));
}

int unlinkat(int directory, const char* path, int flags) noexcept {
  static const auto real_unlinkat = REAL(unlinkat);
  return static_cast<int>(
      perform(unlink_file, {0, path}, 0, [&] { return real_unlinkat(directory, path, flags); }));
}

int statx(int fd, const char* path, int flags, unsigned mask, struct statx* status) noexcept {
  static const auto real_statx = REAL(statx);
  const auto call = [&] { return real_statx(fd, path, flags, mask, status); };
  const bool is_open_file = path[0] == '\0' && (flags & AT_EMPTY_PATH) != 0;
  if (control() == nullptr || !is_open_file || !is_regular(fd)) return call();
  return static_cast<int>(perform(status_file, file(fd), 0, call));
}

int fstat(int fd, struct stat* status) noexcept {
  static const auto real_fstat = REAL(fstat);
  const auto call = [&] { return real_fstat(fd, status); };
  const int result = control() == nullptr || !is_regular(fd)
                         ? call()
                         : static_cast<int>(perform(status_file, file(fd), 0, call));
  if (result == 0) coarsen(status);
  return result;
}

int fstatat(int directory, const char* path, struct stat* status, int flags) noexcept {
  static const auto real_fstatat = REAL(fstatat);
  const int result = real_fstatat(directory, path, status, flags);
  if (result == 0) coarsen(status);
  return result;
}

ssize_t pread(int fd, void* into, size_t count, off_t offset) {
  static const auto real_pread = REAL(pread);
  count = shortened(read_file, count);
  return perform(read_file, file(fd), 0, [&] { return real_pread(fd, into, count, offset); });
}

ssize_t preadv2(int fd, const iovec* pieces, int count, off_t offset, int flags) {
  static const auto real_preadv2 = REAL(preadv2);
  const iovec first = {pieces[0].iov_base, shortened(read_cached, pieces[0].iov_len)};
  if (first.iov_len != pieces[0].iov_len) pieces = &first, count = 1;
  return perform(read_cached, file(fd), 0, [&] { return real_preadv2(fd, pieces, count, offset, flags); });
}

ssize_t sendfile(int socket, int from, off_t* offset, size_t count) noexcept {
  static const auto real_sendfile = REAL(sendfile);
  count = shortened(send_file, count);
  return perform(send_file, file(from), 0, [&] { return real_sendfile(socket, from, offset, count); });
}

ssize_t sendmsg(int socket, const msghdr* message, int flags) {
  static const auto real_sendmsg = REAL(sendmsg);
  const iovec& first = message->msg_iov[0];
  const Subject subject{0, text_of(first.iov_base, first.iov_len)};
  iovec only = {first.iov_base, shortened(send_bytes, first.iov_len)};
  msghdr some = *message;
  if (shortened(send_bytes, SIZE_MAX) != SIZE_MAX) {
    some.msg_iov = &only;
    some.msg_iovlen = 1;
  }
  return perform(send_bytes, subject, 0, [&] { return real_sendmsg(socket, &some, flags); });
}

int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) noexcept {
  static const auto real_epoll_ctl = REAL(epoll_ctl);
  if (event != nullptr) watched[static_cast<std::size_t>(fd)] = {epoll, *event};
  if (operation != EPOLL_CTL_ADD) return real_epoll_ctl(epoll, operation, fd, event);
  return static_cast<int>(
      perform(watch_socket, {}, 0, [&] { return real_epoll_ctl(epoll, operation, fd, event); }));
}

int epoll_wait(int epoll, epoll_event* events, int count, int timeout) {
  static const auto real_epoll_wait = REAL(epoll_wait);
  return static_cast<int>(
      perform(wait_events, {}, 0, [&] { return real_epoll_wait(epoll, events, count, timeout); }));
}

// The one that returns its error instead of setting errno.
int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                   void* argument) noexcept {
  static const auto real_pthread_create = REAL(pthread_create);
  int error = 0;
  const auto call = [&] {
    error = real_pthread_create(thread, attributes, run, argument);
    return error == 0 ? 0 : -1;
  };
  return perform(create_thread, {}, 0, call) == 0 ? 0 : error != 0 ? error : errno;
}

}  // extern "C"
