// What Swift's view of glibc lacks of processes and descriptors: fork is barred, the CMSG_ macros
// are none of its kind, and pipe2, close_range, signalfd and posix_spawn's closefrom are extensions
// of GNU.
#pragma once

#include <stddef.h>
#include <sys/types.h>

/// Makes a pipe, both of whose ends are closed on exec.
///
/// Returns zero or an error number.
int descriptors_pipe(int ends[_Nonnull 2]);

/// Sends one message with descriptors over a socket of packets, and never waits.
///
/// Returns zero or an error number.
int descriptors_send(int socket, const void *_Nonnull bytes, size_t count,
                     const int *_Nonnull descriptors, size_t descriptor_count);

/// Receives one message with exactly so many descriptors, which are closed on exec.
///
/// Returns its size, zero where the other end is closed, or an error number below zero. What came
/// with a message that is cut off, or with other descriptors, is closed: EBADMSG.
ssize_t descriptors_receive(int socket, void *_Nonnull bytes, size_t capacity,
                            int *_Nonnull descriptors, size_t descriptor_count);

/// Starts a program in a process group of its own, with a descriptor as its standard input, and no
/// other but /dev/null for output. Signals are as at a login.
///
/// Returns zero or an error number.
int process_start(pid_t *_Nonnull process, const char *_Nonnull path,
                  char *_Nullable const *_Nonnull arguments,
                  char *_Nullable const *_Nonnull environment, int input);

/// Waits for a child to end, and leaves it to be reaped, so that its number stays its own.
void process_await(pid_t process);

/// Has the kernel kill this process when the thread that started it ends.
void process_die_with_parent(void);

/// Blocks SIGCHLD, and gives a descriptor that becomes readable instead, or -1.
int process_child_signals(void);

/// Forks a process that has three descriptors as its standard ones and no others, leads a process
/// group, and dies with this one.
///
/// Returns its number, zero in the process itself, or an error number below zero.
pid_t process_fork(const int standard[_Nonnull 3]);

/// Kills a child that is not reaped yet, and its process group.
void process_kill(pid_t process);

/// Reaps a child that has ended, and kills what is left of its process group. Does not wait.
///
/// Returns its number, or zero where no child has ended.
pid_t process_reap(int *_Nonnull status);
