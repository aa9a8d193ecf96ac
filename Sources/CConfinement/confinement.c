#include "confinement.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// Rights of Landlock beyond its first version; the headers of Debian 12 lack the last.
#define ACCESS_REFER (1ULL << 13)
#define ACCESS_TRUNCATE (1ULL << 14)

// What stays readable: libraries and character conversions, poppler's tables, fonts, time zones.
static const char *const readable[] = {"/usr", "/lib", "/lib64", "/etc", "/var/cache/fontconfig"};

static int restrict_files(void) {
  long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return 0;
  struct landlock_ruleset_attr attributes = {
    .handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1,
  };
  if (version >= 2) attributes.handled_access_fs |= ACCESS_REFER;
  if (version >= 3) attributes.handled_access_fs |= ACCESS_TRUNCATE;
  // The size names the first version of the structure, so that newer headers change nothing.
  int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(uint64_t), 0);
  if (ruleset < 0) return 0;
  for (size_t i = 0; i < sizeof readable / sizeof *readable; i++) {
    struct landlock_path_beneath_attr rule = {
      .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
      .parent_fd = open(readable[i], O_PATH | O_CLOEXEC),
    };
    if (rule.parent_fd < 0) continue;
    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(rule.parent_fd);
  }
  long failed = syscall(SYS_landlock_restrict_self, ruleset, 0);
  close(ruleset);
  return failed == 0;
}

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef ARCHITECTURE
// Calls that are newer than the headers of Debian 12; their numbers are the same everywhere.
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_setxattrat
#define SYS_setxattrat 463
#endif
#ifndef SYS_removexattrat
#define SYS_removexattrat 466
#endif
#ifndef SYS_file_setattr
#define SYS_file_setattr 469
#endif

#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define DENY BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
// Skips the next `count` instructions where the call is another one.
#define UNLESS(call, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, count)
// The low half of an argument: the kernel reads these as int, and both machines are little-endian.
#define LOAD(index) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[index]))
#define EQUAL(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), yes, no)

#define REFUSE(call) UNLESS(call, 1), DENY
// Allows a call where an argument is one of two values.
#define ONLY_FOR(call, index, first, second) \
  UNLESS(call, 5), LOAD(index), EQUAL(first, 2, 0), EQUAL(second, 1, 0), DENY, ALLOW
// Refuses a call where an argument is one of three values.
#define NOT_FOR(call, index, first, second, third) \
  UNLESS(call, 6), LOAD(index), EQUAL(first, 2, 0), EQUAL(second, 1, 0), EQUAL(third, 0, 1), \
    DENY, ALLOW
// Refuses a call where an argument has one of these bits.
#define WITHOUT(call, index, bits) \
  UNLESS(call, 4), LOAD(index), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1), DENY, ALLOW

// Landlock knows truncation since its third version alone, and modes, owners, times and attributes
// not at all. Opening with both bits of O_ACCMODE asks it for nothing, and with O_TRUNC truncates.
#define WRITING (O_ACCMODE | O_CREAT | O_TRUNC)

static int restrict_calls(void) {
  // What may be signaled: abort sends its signal by tgkill.
  const pid_t own = getpid();
  struct sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#ifdef __x86_64__
    // The calls of x32 have numbers of their own.
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
    REFUSE(fork), REFUSE(vfork),
    WITHOUT(open, 1, WRITING), REFUSE(creat),
    REFUSE(chmod), REFUSE(chown), REFUSE(lchown),
    REFUSE(utime), REFUSE(utimes), REFUSE(futimesat),
    REFUSE(rename), REFUSE(link), REFUSE(unlink), REFUSE(symlink), REFUSE(mkdir), REFUSE(rmdir),
    REFUSE(mknod),
#endif
    WITHOUT(openat, 2, WRITING), REFUSE(openat2),
    REFUSE(truncate), REFUSE(ftruncate), REFUSE(fallocate),
    REFUSE(fchmod), REFUSE(fchmodat), REFUSE(fchmodat2), REFUSE(fchown), REFUSE(fchownat),
    REFUSE(setxattr), REFUSE(lsetxattr), REFUSE(fsetxattr), REFUSE(setxattrat),
    REFUSE(removexattr), REFUSE(lremovexattr), REFUSE(fremovexattr), REFUSE(removexattrat),
    REFUSE(file_setattr), REFUSE(utimensat),
    REFUSE(renameat), REFUSE(renameat2), REFUSE(linkat), REFUSE(unlinkat), REFUSE(symlinkat),
    REFUSE(mkdirat), REFUSE(mknodat),
    REFUSE(clone), REFUSE(clone3), REFUSE(execve), REFUSE(execveat),
    REFUSE(socket), REFUSE(socketpair), REFUSE(connect), REFUSE(bind), REFUSE(listen),
    REFUSE(accept), REFUSE(accept4), REFUSE(sendto), REFUSE(sendmsg), REFUSE(sendmmsg),
    REFUSE(ptrace), REFUSE(process_vm_readv), REFUSE(process_vm_writev), REFUSE(kill),
    REFUSE(tkill), REFUSE(pidfd_open), REFUSE(pidfd_getfd), REFUSE(pidfd_send_signal),
    REFUSE(rt_sigqueueinfo), REFUSE(rt_tgsigqueueinfo), REFUSE(setpgid), REFUSE(setsid),
    ONLY_FOR(tgkill, 0, own, own), ONLY_FOR(prlimit64, 0, 0, own),
    // The owner of a descriptor gets its signals, and may be any process of the user.
    NOT_FOR(fcntl, 1, F_SETOWN, F_SETOWN_EX, F_SETSIG),
    // Whatever happens to the server, what it has forked dies with it.
    NOT_FOR(prctl, 0, PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_SET_PTRACER),
    REFUSE(setpriority), REFUSE(ioprio_set), REFUSE(sched_setscheduler), REFUSE(sched_setparam),
    REFUSE(sched_setattr), REFUSE(sched_setaffinity), REFUSE(migrate_pages), REFUSE(move_pages),
    REFUSE(process_madvise), REFUSE(process_mrelease),
    REFUSE(mount), REFUSE(umount2), REFUSE(pivot_root), REFUSE(chroot), REFUSE(unshare),
    REFUSE(setns), REFUSE(bpf), REFUSE(perf_event_open), REFUSE(userfaultfd),
    REFUSE(io_uring_setup), REFUSE(keyctl), REFUSE(add_key), REFUSE(request_key),
    REFUSE(open_by_handle_at),
    REFUSE(shmget), REFUSE(shmat), REFUSE(msgget), REFUSE(semget), REFUSE(mq_open),
    ALLOW,
  };
  struct sock_fprog program = {
    .len = (unsigned short)(sizeof filter / sizeof *filter),
    .filter = filter,
  };
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}
#else
static int restrict_calls(void) { return 0; }
#endif

int confinement_enter(void) {
  // The other two ask for this one.
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 0;
  int state = CONFINEMENT_NO_NEW_PRIVILEGES;
  if (restrict_files()) state |= CONFINEMENT_FILES;
  if (restrict_calls()) state |= CONFINEMENT_CALLS;
  return state;
}
