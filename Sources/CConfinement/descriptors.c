#include "processes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// The most descriptors of a message.
enum { MOST = 4 };

int descriptors_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno; }

int descriptors_send(int socket, const void *bytes, size_t count, const int *descriptors,
                     size_t descriptor_count) {
  if (descriptor_count > MOST) return EINVAL;
  alignas(struct cmsghdr) char control[CMSG_SPACE(MOST * sizeof(int))] = {0};
  struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
  struct msghdr message = {
    .msg_iov = &part,
    .msg_iovlen = 1,
    .msg_control = control,
    .msg_controllen = CMSG_SPACE(descriptor_count * sizeof(int)),
  };
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(descriptor_count * sizeof(int));
  memcpy(CMSG_DATA(header), descriptors, descriptor_count * sizeof(int));
  ssize_t sent;
  do sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? errno : 0;
}

ssize_t descriptors_receive(int socket, void *bytes, size_t capacity, int *descriptors,
                            size_t descriptor_count) {
  alignas(struct cmsghdr) char control[CMSG_SPACE(MOST * sizeof(int))];
  struct iovec part = {.iov_base = bytes, .iov_len = capacity};
  struct msghdr message = {
    .msg_iov = &part,
    .msg_iovlen = 1,
    .msg_control = control,
    .msg_controllen = sizeof control,
  };
  ssize_t received;
  do received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (received < 0 && errno == EINTR);
  if (received < 0) return -errno;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  size_t come = 0;
  int received_descriptors[MOST];
  if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
    come = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(received_descriptors, CMSG_DATA(header), come * sizeof(int));
  }
  const int is_whole = !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC));
  if (received > 0 && is_whole && come == descriptor_count) {
    memcpy(descriptors, received_descriptors, come * sizeof(int));
    return received;
  }
  for (size_t i = 0; i < come; i++) close(received_descriptors[i]);
  return received == 0 && come == 0 ? 0 : -EBADMSG;
}
