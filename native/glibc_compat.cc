// Linked into prebuilt binaries only (MYELIN_PORTABLE=1). The linker binds a symbol to the newest version that the
// build machine's glibc has, which older systems lack; with --wrap=f every call of f lands here and goes to f's oldest
// version, which all glibc since have kept. The functions wrapped are listed in native/sources.json.
#include <cstdlib>

#if defined(__GLIBC__)
#include <pthread.h>

// The first version of each architecture's ABI.
#if defined(__x86_64__)
#define MYELIN_FIRST_GLIBC "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define MYELIN_FIRST_GLIBC "GLIBC_2.17"
#else
#error "no portable build for this architecture: its first glibc version is not known here"
#endif

#define MYELIN_FIRST_VERSION(result, name, parameters, arguments)               \
  __asm__(".symver first_" #name "," #name "@" MYELIN_FIRST_GLIBC);             \
  __attribute__((visibility("default"))) extern result first_##name parameters; \
  result __wrap_##name parameters;                                              \
  result __wrap_##name parameters { return first_##name arguments; }

extern "C" {

using Start = void*(void*);
using Cleanup = void(void*);

MYELIN_FIRST_VERSION(int, pthread_create,
                     (pthread_t * thread, const pthread_attr_t* with, Start* start, void* argument),
                     (thread, with, start, argument))
MYELIN_FIRST_VERSION(int, pthread_join, (pthread_t thread, void** result), (thread, result))
MYELIN_FIRST_VERSION(int, pthread_detach, (pthread_t thread), (thread))
MYELIN_FIRST_VERSION(int, pthread_mutex_trylock, (pthread_mutex_t * mutex), (mutex))
MYELIN_FIRST_VERSION(int, pthread_once, (pthread_once_t * once, void (*init)()), (once, init))
MYELIN_FIRST_VERSION(int, pthread_key_create, (pthread_key_t * key, Cleanup* cleanup), (key, cleanup))
MYELIN_FIRST_VERSION(int, __pthread_key_create, (pthread_key_t * key, Cleanup* cleanup), (key, cleanup))
MYELIN_FIRST_VERSION(double, exp, (double x), (x))
MYELIN_FIRST_VERSION(double, exp2, (double x), (x))
MYELIN_FIRST_VERSION(double, log, (double x), (x))
MYELIN_FIRST_VERSION(double, log2, (double x), (x))
MYELIN_FIRST_VERSION(double, pow, (double x, double y), (x, y))
MYELIN_FIRST_VERSION(double, hypot, (double x, double y), (x, y))
MYELIN_FIRST_VERSION(float, hypotf, (float x, float y), (x, y))
MYELIN_FIRST_VERSION(double, fmod, (double x, double y), (x, y))

// libstdc++ reads this glibc 2.32 variable to skip atomics; "not single-threaded" is right always.
char __libc_single_threaded = 0;
}

#endif
