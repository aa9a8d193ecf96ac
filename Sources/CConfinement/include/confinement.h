// System calls that Swift cannot make: prctl and syscall take variable arguments, and seccomp
// filters are built from C macros.
#pragma once

/// Bars privileges from being gained, the file system from being written, and the network and new
/// processes from being used, as far as the kernel can. There is no way back.
///
/// Returns a set of CONFINEMENT_ bits: what is in force.
int confinement_enter(void);

/// Tries to get out again, for tests: once all of it is in force, nothing here may succeed.
///
/// Returns the call that got through, as it is written in C, or a null pointer.
const char *_Nullable confinement_escape(void);

enum {
  CONFINEMENT_NO_NEW_PRIVILEGES = 1,
  /// Landlock: reading below a few system folders is all that is left of the file system.
  CONFINEMENT_FILES = 2,
  /// seccomp: no changes to files, no sockets, no other processes, no outliving of the parent, no
  /// tracing, mounting and the like.
  CONFINEMENT_CALLS = 4,
};
