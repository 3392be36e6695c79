using System;
using System.Diagnostics;
using NUnit.Framework;

namespace Winnow.Formats.Tests.Fuzzing;

/// <summary>Runs readers over damaged files and holds what bad input may do: be read, or be refused, quickly and in little memory.</summary>
internal static class FormatFuzz
{
    private const long MostAllocated = 4 << 20;
    private static readonly TimeSpan LongestTime = TimeSpan.FromSeconds(1);

    /// <summary>Runs mutants and returns how many were read completely.</summary>
    /// <param name="mutants">How many.</param>
    /// <param name="mutate">Makes one.</param>
    /// <param name="readAll">Opens it and reads everything; may throw only <see cref="ModelFormatException"/>.</param>
    public static int Run(int mutants, Func<byte[]> mutate, Action<byte[]> readAll)
    {
        int read = 0;
        for (int i = 0; i < mutants; i++)
        {
            byte[] bytes = mutate();
            long allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            read += TryRead(bytes, readAll, i) ? 1 : 0;
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            if (elapsed > LongestTime)
            {
                // A busy machine can stop any thread for so long; a reader that is slow by itself is slow again.
                start = Stopwatch.GetTimestamp();
                TryRead(bytes, readAll, i);
                elapsed = Stopwatch.GetElapsedTime(start);
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
            if (elapsed > LongestTime || allocated > MostAllocated)
            {
                Assert.Fail($"mutant {i} took {elapsed} and {allocated} bytes: {Convert.ToBase64String(bytes)}");
            }
        }

        return read;
    }

    /// <summary>Calls a getter that may refuse its value.</summary>
    public static void Try(Action getter)
    {
        try
        {
            getter();
        }
        catch (ModelFormatException e)
        {
            Assert.That(e.Message, Is.Not.Empty);
        }
    }

    /// <summary>Reads every tensor of an open file, as bytes and as floats; those of unknown types must be refused.</summary>
    public static void ReadTensors(TensorFile file)
    {
        foreach (TensorInfo tensor in file.Tensors)
        {
            if (tensor.Type == TensorType.Unknown)
            {
                Assert.That(() => file.Read(tensor, 0, []), Throws.TypeOf<ModelFormatException>());
                continue;
            }

            file.Read(tensor, 0, new byte[tensor.Bytes]);
            if (TensorTypeInfo.CanDequantize(tensor.Type))
            {
                file.ReadFloats(tensor, 0, new float[tensor.Elements]);
            }
        }
    }

    private static bool TryRead(byte[] bytes, Action<byte[]> readAll, int mutant)
    {
        try
        {
            readAll(bytes);
            return true;
        }
        catch (ModelFormatException e)
        {
            if (e.Path is null)
            {
                Assert.Fail($"mutant {mutant}: the message names no file: {e.Message}");
            }

            return false;
        }
        catch (Exception e) when (e is not AssertionException)
        {
            Assert.Fail($"mutant {mutant} threw {e}: {Convert.ToBase64String(bytes)}");
            throw;
        }
    }
}
