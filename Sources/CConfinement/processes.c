#include "processes.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

void process_die_with_parent(void) { prctl(PR_SET_PDEATHSIG, SIGKILL); }

int process_start(pid_t *process, const char *path, char *const *arguments,
                  char *const *environment, int input) {
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  int failure = posix_spawnattr_init(&attributes);
  if (failure) return failure;
  failure = posix_spawn_file_actions_init(&actions);
  if (failure) {
    posix_spawnattr_destroy(&attributes);
    return failure;
  }
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(
    &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  // Also where the descriptor is that of standard input already, this clears its close-on-exec.
  failure = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  if (!failure)
    failure =
      posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  if (!failure) failure = posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  // The program may run inside others that leave descriptors open.
  if (!failure) failure = posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  if (!failure) failure = posix_spawn(process, path, &actions, &attributes, arguments, environment);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return failure;
}

void process_await(pid_t process) {
  siginfo_t information;
  while (waitid(P_PID, (id_t)process, &information, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
}

int process_child_signals(void) {
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  sigprocmask(SIG_BLOCK, &children, NULL);
  return signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
}

pid_t process_fork(const int standard[3]) {
  const pid_t parent = getpid();
  const pid_t process = fork();
  if (process < 0) return -errno;
  if (process > 0) return process;
  process_die_with_parent();
  // It may have died before it could take this one along.
  if (getppid() != parent) _exit(1);
  setpgid(0, 0);
  for (int i = 0; i < 3; i++)
    if (dup2(standard[i], i) < 0) _exit(1);
  // The sockets of the parent are among these: whatever happens here later cannot reach them.
  if (close_range(3, ~0U, 0) != 0) _exit(1);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  return 0;
}

void process_kill(pid_t process) {
  // It leads its group but for its first moment.
  kill(-process, SIGKILL);
  kill(process, SIGKILL);
}

pid_t process_reap(int *status) {
  siginfo_t information = {.si_pid = 0};
  // Left unreaped at first, so that its group cannot be another one when it is killed.
  if (waitid(P_ALL, 0, &information, WEXITED | WNOHANG | WNOWAIT) != 0) return 0;
  const pid_t process = information.si_pid;
  if (process <= 0) return 0;
  kill(-process, SIGKILL);
  return waitpid(process, status, 0) == process ? process : 0;
}
