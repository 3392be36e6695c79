using System;
using System.Threading;
using NUnit.Framework;

namespace Winnow.Kernels.Tests;

public sealed class WorkerPoolTests
{
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(5)]
    public void Run_DoesEveryItemOnce(int size)
    {
        using var pool = new WorkerPool(size);
        for (int round = 0; round < 2_000; round++)
        {
            int items = round % 37;
            var work = new Counting { Done = new int[37] };
            pool.Run(ref work, items);
            for (int i = 0; i < work.Done.Length; i++)
            {
                Assert.That(work.Done[i], Is.EqualTo(i < items ? 1 : 0));
            }
        }
    }

    [Test]
    public void Run_WakesWorkersThatSleep()
    {
        using var pool = new WorkerPool(3);
        for (int round = 0; round < 5; round++)
        {
            Thread.Sleep(5);
            var work = new Meeting { Arrived = new CountdownEvent(3) };
            pool.Run(ref work, 3);
            Assert.That(work.Arrived.IsSet, "three items that wait for each other need three workers");
            work.Arrived.Dispose();
        }
    }

    [Test]
    public void Run_AllocatesNothing()
    {
        using var pool = new WorkerPool(2);
        var work = new Counting { Done = new int[8] };
        pool.Run(ref work, 8);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            pool.Run(ref work, 8);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void Run_AfterDisposeIsRefused()
    {
        var pool = new WorkerPool(2);
        pool.Dispose();
        pool.Dispose();
        var work = new Counting { Done = new int[2] };
        Assert.That(() => pool.Run(ref work, 2), Throws.TypeOf<ObjectDisposedException>());
    }

    private struct Counting : IWork
    {
        public int[] Done;

        public readonly void Execute(int item, int worker) => Interlocked.Increment(ref Done[item]);
    }

    private struct Meeting : IWork
    {
        public CountdownEvent Arrived;

        public readonly void Execute(int item, int worker)
        {
            Arrived.Signal();
            Arrived.Wait(TimeSpan.FromSeconds(20));
        }
    }
}
