using System;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;

namespace Winnow.Kernels;

/// <summary>
/// Threads that wait for work by spinning for a while and then by sleeping, so that the many short operations of a decode step start
/// within a fraction of a microsecond and an idle engine costs nothing. Starting work allocates nothing. A worker that the operating
/// system has put aside delays nobody: work closes when its items are done, and who comes late finds the gate shut.
/// </summary>
internal sealed unsafe class WorkerPool : IDisposable
{
    // Long enough to bridge the serial parts of a decode step, short enough not to burn a core between requests.
    private const long SpinMicroseconds = 100;

    // A waiting worker lets others in about every microsecond: it may be all that keeps a reader of results from its processor, and of a small model's step it waits
    // no more than five microseconds after a token has come. Who is not let in then waits until its time slice ends, for milliseconds.
    private const int SpinsBetweenYields = 4;

    // The gate holds this bit while work may be joined, and below it the number of workers inside.
    private const int Open = 1 << 30;

    private readonly Thread[] _threads;
    private readonly object _sleep = new();
    private readonly long _spinTicks = Stopwatch.Frequency * SpinMicroseconds / 1_000_000;
    private delegate*<void*, int, int, void> _execute;
    private void* _work;
    private int _items;
    private int _sleeping;
    private int _epoch;
    private volatile bool _stopping;
    private Counters _counters;

    /// <summary>Starts <paramref name="size"/> - 1 threads; the caller of <see cref="Run"/> is the remaining worker.</summary>
    /// <param name="size">How many workers, at least 1.</param>
    public WorkerPool(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        Size = size;
        _threads = new Thread[size - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            int worker = i + 1;
            _threads[i] = new Thread(() => Loop(worker)) { IsBackground = true, Name = $"winnow worker {worker}" };
            _threads[i].Start();
        }
    }

    /// <summary>The number of workers, the caller included.</summary>
    public int Size { get; }

    /// <summary>Does items 0 to <paramref name="items"/> - 1 and returns when all are done. One caller at a time.</summary>
    /// <typeparam name="TWork">A struct, so that the call is compiled for it.</typeparam>
    /// <param name="work">The work, a local variable of the caller; shared by all workers.</param>
    /// <param name="items">How many items.</param>
    public void Run<TWork>(ref TWork work, int items)
        where TWork : struct, IWork
    {
        if (Size == 1 || items <= 1)
        {
            for (int item = 0; item < items; item++)
            {
                work.Execute(item, 0);
            }

            return;
        }

        ObjectDisposedException.ThrowIf(_stopping, this);

        // A local of the caller does not move while the call lasts.
        _work = Unsafe.AsPointer(ref work);
        _execute = &Invoke<TWork>;
        _items = items;
        _counters.Next = 0;
        Volatile.Write(ref _counters.Gate, Open);
        Interlocked.Increment(ref _epoch);
        if (Volatile.Read(ref _sleeping) > 0)
        {
            lock (_sleep)
            {
                Monitor.PulseAll(_sleep);
            }
        }

        Drain(0);
        Interlocked.And(ref _counters.Gate, ~Open);
        while (Volatile.Read(ref _counters.Gate) != 0)
        {
            Thread.SpinWait(4);
        }
    }

    /// <summary>Stops the threads and waits for them.</summary>
    public void Dispose()
    {
        lock (_sleep)
        {
            _stopping = true;
            Monitor.PulseAll(_sleep);
        }

        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
    }

    private static void Invoke<TWork>(void* work, int item, int worker)
        where TWork : struct, IWork => Unsafe.AsRef<TWork>(work).Execute(item, worker);

    private void Loop(int worker)
    {
        int seen = 0;
        while (WaitForWork(seen))
        {
            seen = Volatile.Read(ref _epoch);
            if (TryEnter())
            {
                // Nobody can start other work while somebody is inside, so what is read here belongs together.
                seen = Volatile.Read(ref _epoch);
                Drain(worker);
                Interlocked.Decrement(ref _counters.Gate);
            }
        }
    }

    private bool WaitForWork(int seen)
    {
        long start = Stopwatch.GetTimestamp();
        for (int spins = 1; Volatile.Read(ref _epoch) == seen && !_stopping; spins++)
        {
            Thread.SpinWait(8);
            if (spins % SpinsBetweenYields == 0)
            {
                Thread.Yield();
            }

            if (Stopwatch.GetTimestamp() - start > _spinTicks)
            {
                Sleep(seen);
            }
        }

        return !_stopping;
    }

    private void Sleep(int seen)
    {
        lock (_sleep)
        {
            // The increment and the caller's read of it are both fenced against the epoch, so one of the two sees the other.
            Interlocked.Increment(ref _sleeping);
            while (Volatile.Read(ref _epoch) == seen && !_stopping)
            {
                Monitor.Wait(_sleep);
            }

            Interlocked.Decrement(ref _sleeping);
        }
    }

    private bool TryEnter()
    {
        int gate = Volatile.Read(ref _counters.Gate);
        while ((gate & Open) != 0)
        {
            int before = Interlocked.CompareExchange(ref _counters.Gate, gate + 1, gate);
            if (before == gate)
            {
                return true;
            }

            gate = before;
        }

        return false;
    }

    private void Drain(int worker)
    {
        delegate*<void*, int, int, void> execute = _execute;
        void* work = _work;
        int items = _items;
        for (int item = Interlocked.Increment(ref _counters.Next) - 1; item < items; item = Interlocked.Increment(ref _counters.Next) - 1)
        {
            execute(work, item, worker);
        }
    }

    // Each counter on a cache line of its own: workers hammer one while the caller watches the other.
    [StructLayout(LayoutKind.Explicit, Size = 384)]
    private struct Counters
    {
        [FieldOffset(128)]
        public int Next;

        [FieldOffset(256)]
        public int Gate;
    }
}
