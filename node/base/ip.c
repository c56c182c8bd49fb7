/* Which addresses are not for strangers, after the IANA special-purpose
 * registries. */
#include "node/base/url.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static bool v4_is_private(uint32_t ip)
{
    static const struct { uint32_t net; int bits; } blocks[] = {
        {0x00000000, 8},  /* this network */
        {0x0A000000, 8},  /* private */
        {0x64400000, 10}, /* carrier NAT */
        {0x7F000000, 8},  /* loopback */
        {0xA9FE0000, 16}, /* link-local, cloud metadata */
        {0xAC100000, 12}, /* private */
        {0xC0000000, 24}, /* IETF */
        {0xC0000200, 24}, /* documentation */
        {0xC0586300, 24}, /* 6to4 relays */
        {0xC0A80000, 16}, /* private */
        {0xC6120000, 15}, /* benchmarks */
        {0xC6336400, 24}, /* documentation */
        {0xCB007100, 24}, /* documentation */
        {0xE0000000, 4},  /* multicast */
        {0xF0000000, 4},  /* reserved, broadcast */
    };
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if ((ip ^ blocks[i].net) >> (32 - blocks[i].bits) == 0)
            return true;
    return false;
}

static uint32_t v4_at(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool has_prefix(const unsigned char *ip, const unsigned char *net, int bits)
{
    int whole = bits / 8, rest = bits % 8;
    if (memcmp(ip, net, (size_t)whole) != 0)
        return false;
    return rest == 0 || ((ip[whole] ^ net[whole]) >> (8 - rest)) == 0;
}

static bool v6_is_private(const unsigned char *ip)
{
    static const struct { unsigned char net[16]; int bits; } blocks[] = {
        {{0}, 128},                                                /* unspecified */
        {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128},   /* loopback */
        {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48},                /* local NAT64 */
        {{0x01, 0x00}, 64},                                        /* discard */
        {{0x20, 0x01, 0x00, 0x00}, 23},                            /* IETF, Teredo */
        {{0x20, 0x01, 0x0d, 0xb8}, 32},                            /* documentation */
        {{0xfc}, 7},                                               /* unique local */
        {{0xfe, 0x80}, 10},                                        /* link-local */
        {{0xfe, 0xc0}, 10},                                        /* site-local */
        {{0xff}, 8},                                               /* multicast */
    };
    static const struct { unsigned char net[16]; int bits; int at; } carriers[] = {
        {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 12},      /* mapped */
        {{0}, 96, 12},                                             /* compatible, deprecated */
        {{0x00, 0x64, 0xff, 0x9b}, 96, 12},                        /* NAT64 */
        {{0x20, 0x02}, 16, 2},                                     /* 6to4 */
    };
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if (has_prefix(ip, blocks[i].net, blocks[i].bits))
            return true;
    for (size_t i = 0; i < sizeof carriers / sizeof *carriers; i++)
        if (has_prefix(ip, carriers[i].net, carriers[i].bits))
            return v4_is_private(v4_at(ip + carriers[i].at));
    return false;
}

/* The structs are copied out: a sockaddr's alignment is only that of its family field. */
bool ip_is_private(const struct sockaddr *sa)
{
    if (sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof in);
        return v4_is_private(ntohl(in.sin_addr.s_addr));
    }
    if (sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sa, sizeof in6);
        return v6_is_private(in6.sin6_addr.s6_addr);
    }
    return true;
}

bool ip_is_loopback(const struct sockaddr *sa)
{
    if (sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof in);
        return ntohl(in.sin_addr.s_addr) >> 24 == 127;
    }
    if (sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sa, sizeof in6);
        return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
    }
    return false;
}
