// A C++ program against the installed library: the header compiles, and its objects fit unique_ptr.
#include <etcd.h>

#include <cstdio>
#include <memory>
#include <string>

struct Free {
    void operator()(etcd_client_t *client) const { etcd_client_close(client); }
    void operator()(etcd_get_response_t *response) const { etcd_get_response_free(response); }
    void operator()(etcd_error_t *error) const { etcd_error_free(error); }
};
template <class T> using Owned = std::unique_ptr<T, Free>;

static etcd_bytes_t bytes(const std::string &text)
{
    return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

static int fail(etcd_error_t *error)
{
    std::fprintf(stderr, "%s\n", Owned<etcd_error_t>(error)->message);
    return 1;
}

int main(int, char **argv)
{
    const std::string key = "install.cc", value("with\0NUL", 8);
    etcd_client_options_t options = ETCD_CLIENT_OPTIONS_INIT;
    options.endpoints = argv[1];
    etcd_client_t *opened;
    etcd_get_response_t *found;
    etcd_error_t *error;

    if (etcd_client_open(&options, &opened, &error) != ETCD_OK) return fail(error);
    const Owned<etcd_client_t> client(opened);
    if (etcd_kv_put(opened, bytes(key), bytes(value), nullptr, nullptr, &error) != ETCD_OK) return fail(error);
    if (etcd_kv_get(opened, bytes(key), nullptr, &found, &error) != ETCD_OK) return fail(error);
    const Owned<etcd_get_response_t> response(found);
    const etcd_bytes_t got = response->kvs[0].value;
    std::printf("%s\n", std::string(got.data, got.data + got.len) == value ? "same" : "different");
}
