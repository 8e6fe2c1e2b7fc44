//! The few calls that need the operating system directly. Lowest layer.

use once_cell::race::{OnceBool, OnceBox};
use std::cell::Cell;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use std::time::Duration;

/// Runs `start` with every asynchronous signal blocked, so that a thread it
/// creates begins, and stays, with them blocked: the host's handlers must not
/// run on our thread, and SIGPIPE must not kill a host over our sockets.
pub fn with_signals_blocked<T>(start: impl FnOnce() -> T) -> T {
    // Faults must still reach the host's crash handler on the thread that caused them.
    const SYNCHRONOUS: [libc::c_int; 7] = [
        libc::SIGSEGV,
        libc::SIGBUS,
        libc::SIGFPE,
        libc::SIGILL,
        libc::SIGTRAP,
        libc::SIGABRT,
        libc::SIGSYS,
    ];
    let mut block = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: both sets are initialised by the calls before they are read.
    unsafe {
        libc::sigfillset(block.as_mut_ptr());
        for signal in SYNCHRONOUS {
            libc::sigdelset(block.as_mut_ptr(), signal);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, block.as_ptr(), before.as_mut_ptr());
    }
    let result = start();
    // SAFETY: `before` was filled in above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut()) };
    result
}

extern "C" {
    fn pthread_setcancelstate(state: libc::c_int, before: *mut libc::c_int) -> libc::c_int;
}
const PTHREAD_CANCEL_DISABLE: libc::c_int = 1;

/// Puts off `pthread_cancel`, whose unwinding would abort the host when it meets
/// our frames, until it is dropped.
pub struct Uncancelled(libc::c_int);

impl Uncancelled {
    pub fn new() -> Uncancelled {
        let mut before = 0;
        // SAFETY: glibc's and musl's own function; `before` is writable.
        unsafe { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &mut before) };
        Uncancelled(before)
    }
}

impl Drop for Uncancelled {
    fn drop(&mut self) {
        // SAFETY: puts back what was there before.
        unsafe { pthread_setcancelstate(self.0, std::ptr::null_mut()) };
    }
}

/// Tells the threads of a process apart.
pub type ThreadNumber = libc::pthread_t;

/// Of the calling thread. Unlike the standard library's, it takes no memory, which
/// a host's thread would keep until it ends.
pub fn this_thread() -> ThreadNumber {
    // SAFETY: cannot fail.
    unsafe { libc::pthread_self() }
}

static FORKS: AtomicU32 = AtomicU32::new(0);

extern "C" fn count_fork() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// How many forks lie between this process and the one that loaded the library.
/// State made under another number belongs to a parent and must not be touched.
pub fn fork_generation() -> u32 {
    // A `Once` would leave a child waiting whose parent forked in the middle of it.
    // Registered twice in a race, the handler counts each fork twice, which is as good.
    static REGISTERED: OnceBool = OnceBool::new();
    REGISTERED.get_or_init(|| {
        // SAFETY: the handler only adds to an atomic; the library is never unloaded.
        unsafe { libc::pthread_atfork(None, None, Some(count_fork)) == 0 }
    });
    FORKS.load(Ordering::Relaxed)
}

/// State of which each process has its own: after a fork the parent's may be
/// locked for ever by a thread that does not exist in the child.
pub struct ForkLocal<T: 'static>(AtomicPtr<OfProcess<T>>);

struct OfProcess<T> {
    generation: u32,
    state: OnceBox<T>,
}

impl<T: Default> ForkLocal<T> {
    pub const fn new() -> ForkLocal<T> {
        ForkLocal(AtomicPtr::new(std::ptr::null_mut()))
    }

    /// This process's own. Never blocks. What a parent had stays as it is, for
    /// nobody may touch it.
    pub fn get(&self) -> &'static T {
        let generation = fork_generation();
        let mut seen = self.0.load(Ordering::Acquire);
        loop {
            // SAFETY: what was published here is never freed.
            if let Some(own) = unsafe { seen.as_ref() }.filter(|it| it.generation == generation) {
                return own.state.get_or_init(Box::default);
            }
            let fresh = Box::into_raw(Box::new(OfProcess { generation, state: OnceBox::new() }));
            match self.0.compare_exchange(seen, fresh, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => seen = fresh,
                Err(others) => {
                    // SAFETY: made above, and published nowhere.
                    drop(unsafe { Box::from_raw(fresh) });
                    seen = others;
                }
            }
        }
    }
}

/// A descriptor that is readable while it is raised.
pub struct EventFd(OwnedFd);

impl EventFd {
    pub fn new() -> io::Result<EventFd> {
        // SAFETY: plain system call; the result is checked before it is owned.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: a fresh descriptor that nobody else owns.
        Ok(EventFd(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    pub fn raise(&self) {
        let one = 1u64.to_ne_bytes();
        // SAFETY: eight readable bytes. A full counter is raised already.
        unsafe { libc::write(self.0.as_raw_fd(), one.as_ptr().cast(), one.len()) };
    }

    pub fn lower(&self) {
        let mut count = [0u8; 8];
        // SAFETY: eight writable bytes. An empty counter is lowered already.
        unsafe { libc::read(self.0.as_raw_fd(), count.as_mut_ptr().cast(), count.len()) };
    }

    pub fn number(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// Writes to a socket without ever raising SIGPIPE, which `writev` would do on
/// a caller's thread that has not blocked it.
pub fn send(socket: RawFd, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
    // SAFETY: an all-zero msghdr is valid; IoSlice has the layout of iovec, and
    // the kernel only reads through it.
    let sent = unsafe {
        let mut message: libc::msghdr = std::mem::zeroed();
        message.msg_iov = buffers.as_ptr().cast_mut().cast();
        message.msg_iovlen = buffers.len() as _;
        libc::sendmsg(socket, &message, libc::MSG_NOSIGNAL)
    };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

/// What a socket has to say that was not read yet.
pub enum Unread {
    Nothing,
    Data,
    /// The peer has closed or reset it.
    End,
}

pub fn unread(socket: RawFd) -> Unread {
    let mut byte = 0u8;
    let flags = libc::MSG_PEEK | libc::MSG_DONTWAIT;
    // SAFETY: one writable byte.
    let count = unsafe { libc::recv(socket, std::ptr::addr_of_mut!(byte).cast(), 1, flags) };
    match count {
        0 => Unread::End,
        1.. => Unread::Data,
        _ => match io::Error::last_os_error().kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Unread::Nothing,
            _ => Unread::End,
        },
    }
}

/// Time since the machine started, with the time that it slept: nothing sets it.
pub fn boot_time() -> Duration {
    let mut time = MaybeUninit::<libc::timespec>::zeroed();
    // SAFETY: a writable timespec, which is valid when all zero. Linux has had
    // this clock since 2.6.39, so the call cannot fail.
    let time = unsafe {
        libc::clock_gettime(libc::CLOCK_BOOTTIME, time.as_mut_ptr());
        time.assume_init()
    };
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// Enough bytes to ask for them before they are allocated.
pub const LARGE: usize = 64 * 1024;
/// What is left for the small things that come with a payload.
const REST: usize = 4 << 20;

/// Makes room for a payload, of any size, and leaves enough memory for the
/// small things that come with it; false if there is too little.
pub fn reserve<T>(space: &mut Vec<T>, more: usize) -> bool {
    let large = more.saturating_mul(size_of::<T>()) >= LARGE;
    space.try_reserve_exact(more).is_ok() && (!large || memory_available(REST))
}

/// Whether there is memory for a payload and the small things that come with it.
pub fn has_room(bytes: usize) -> bool {
    memory_available(bytes.saturating_add(REST))
}

/// Whether `bytes` of address space can still be had. Rust aborts the process
/// when a small allocation fails; asking first turns that into an error.
pub fn memory_available(bytes: usize) -> bool {
    // SAFETY: maps fresh pages and unmaps exactly those.
    unsafe {
        let at = libc::mmap(
            std::ptr::null_mut(),
            bytes,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        );
        if at == libc::MAP_FAILED {
            return false;
        }
        libc::munmap(at, bytes);
    }
    true
}

/// Bytes of stack left below the caller's frame; 0 when it does not run on the
/// stack that its thread was made with (a coroutine, a signal handler).
pub fn stack_left() -> usize {
    thread_local!(static STACK: Cell<(usize, usize)> = const { Cell::new((0, 0)) });
    let here = std::hint::black_box(0u8);
    let here = std::ptr::addr_of!(here) as usize;
    let (mut lowest, mut end) = STACK.get();
    if end == 0 {
        (lowest, end) = stack_of_thread().unwrap_or((usize::MAX, usize::MAX));
        STACK.set((lowest, end));
    }
    match (lowest..end).contains(&here) {
        true => here - lowest,
        false => 0,
    }
}

fn stack_of_thread() -> Option<(usize, usize)> {
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    let mut lowest = std::ptr::null_mut();
    let mut size = 0;
    // SAFETY: the attributes are read and destroyed only after they were filled in.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return None;
        }
        let failed = libc::pthread_attr_getstack(attributes.as_ptr(), &mut lowest, &mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        (failed == 0).then_some((lowest as usize, lowest as usize + size))
    }
}
