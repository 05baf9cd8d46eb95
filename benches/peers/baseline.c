// The least that serves events: no loop over a socket can cost less. It looks for the two headers
// that it cannot do without, trusts the rest, and ends when anything goes wrong.
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static char input[8 * 1024 * 1024]; // what is not touched is not taken
static char output[512];

static int connect_to(const char *address) {
    unsigned part[5] = {0}; // of a.b.c.d:port
    for (int i = 0; *address; address++) {
        if (*address >= '0' && *address <= '9') part[i] = part[i] * 10 + (*address - '0');
        else if (++i == 5) return -1;
    }
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(part[4])};
    to.sin_addr.s_addr = htonl(part[0] << 24 | part[1] << 16 | part[2] << 8 | part[3]);
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return connect(fd, (struct sockaddr *)&to, sizeof to) ? -1 : fd;
}

static const char *after(const char *name, const char *end) {
    const char *found = memmem(input, end - input, name, strlen(name));
    return found ? found + strlen(name) : NULL;
}

// One response, complete; its body begins at the result.
static char *receive(int fd, size_t *length) {
    char *body = NULL;
    *length = 0;
    for (size_t filled = 0; !body || filled < (size_t)(body - input) + *length;) {
        ssize_t count = recv(fd, input + filled, sizeof input - filled, 0);
        if (count <= 0) _exit(1);
        filled += count;
        if (!body && (body = memmem(input, filled, "\r\n\r\n", 4))) {
            body += 4;
            const char *digits = after("Content-Length: ", body);
            while (digits && *digits >= '0' && *digits <= '9') *length = *length * 10 + (*digits++ - '0');
        }
    }
    return body;
}

static char *put(char *to, const char *text, size_t length) {
    return (char *)memcpy(to, text, length) + length;
}
#define PUT(to, text) put(to, text, sizeof text - 1)

int main(void) {
    static char next[256];
    const char *address = getenv("AWS_LAMBDA_RUNTIME_API");
    int fd = address ? connect_to(address) : -1;
    if (fd < 0) return 1;
    size_t host = strlen(address);
    if (host > 99) return 1;
    char *next_end = PUT(next, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: ");
    next_end = PUT(put(next_end, address, host), "\r\n\r\n");
    for (;;) {
        size_t length, ignored;
        if (send(fd, next, next_end - next, 0) < 0) return 1;
        char *body = receive(fd, &length);
        const char *id = after("Aws-Request-Id: ", body);
        if (!id) return 1;
        char *end = PUT(output, "POST /2018-06-01/runtime/invocation/");
        end = put(end, id, 36);
        end = PUT(end, "/response HTTP/1.1\r\nHost: ");
        end = PUT(put(end, address, host), "\r\nContent-Length: ");
        char digits[20], *digit = digits + sizeof digits;
        size_t rest = length;
        do *--digit = '0' + rest % 10; while (rest /= 10);
        end = put(end, digit, digits + sizeof digits - digit);
        end = PUT(end, "\r\n\r\n");
        struct iovec parts[] = {{output, end - output}, {body, length}};
        if (writev(fd, parts, 2) < (ssize_t)(end - output + length)) return 1;
        receive(fd, &ignored);
    }
}
