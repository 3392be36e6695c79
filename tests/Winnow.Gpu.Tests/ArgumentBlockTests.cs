using System;
using System.Runtime.InteropServices;
using NUnit.Framework;

namespace Winnow.Gpu;

/// <summary>Arguments lie where CUDA's calling convention wants them.</summary>
public sealed class ArgumentBlockTests
{
    [StructLayout(LayoutKind.Sequential)]
    private struct Parameters
    {
        public int Count;
        public long Stride;
        public short Kind;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Triple
    {
        public short A;
        public short B;
        public short C;
    }

    [Test]
    public void Add_AlignsEachArgumentToItsLargestField()
    {
        ArgumentBlock block = new(stackalloc byte[128]);
        int[] ends =
        [
            End(ref block, (byte)1), // at 0
            End(ref block, (short)2), // at 2
            End(ref block, (byte)3), // at 4
            End(ref block, 4), // at 8
            End(ref block, 5L), // at 16
            End(ref block, (byte)6), // at 24
            End(ref block, default(Triple)), // at 26
            End(ref block, 7f), // at 32
            End(ref block, default(Parameters)), // at 40, 24 bytes
            End(ref block, (byte)8), // at 64
            End(ref block, (nint)9), // at 72
        ];

        Assert.That(ends, Is.EqualTo(new[] { 1, 4, 5, 12, 24, 25, 32, 36, 64, 65, 80 }));
    }

    [Test]
    public void Add_BeyondTheStorageIsRefused()
    {
        Assert.That(
            () =>
            {
                ArgumentBlock block = new(stackalloc byte[8]);
                block.Add(1);
                block.Add(2L);
            },
            Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private static int End<T>(ref ArgumentBlock block, T value)
        where T : unmanaged
    {
        block.Add(value);
        return block.Bytes.Length;
    }
}
