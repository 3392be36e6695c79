using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Winnow.Benchmarking.Compilation;
using Winnow.Benchmarking.Descriptions;
using Winnow.Gpu;

namespace Winnow.Benchmarking;

/// <summary>
/// A described kernel on a device: compiled, loaded, its arguments in memory with their first values. One thread at a time uses it.
/// </summary>
public sealed unsafe class PreparedKernel : IDisposable
{
    private const int SharedBytesOfEveryLaunch = 48 * 1024;
    private const int PieceBytes = 16 << 20;

    // NaN as a float, and no sensible integer: what a kernel should have written and did not.
    private const byte Poison = 0xFF;

    private readonly GpuDriver _driver;
    private readonly PreparedKernel? _inputs;
    private readonly GpuModule _module;
    private readonly GpuFunction _function;
    private readonly Dictionary<string, nint> _memory = new(StringComparer.Ordinal);
    private readonly Dictionary<string, nint> _kept = new(StringComparer.Ordinal);
    private readonly byte[] _arguments;
    private bool _disposed;

    /// <summary>Compiles and loads the kernel, allocates its arguments and gives them their first values.</summary>
    /// <param name="driver">The device; it stays with the caller.</param>
    /// <param name="compiler">The compiler.</param>
    /// <param name="description">The kernel.</param>
    /// <param name="inputs">Another kernel, prepared before: arguments that both name alike get the values that it began with. Null for none.</param>
    /// <exception cref="KernelDescriptionException">The description is wrong or does not fit the kernel.</exception>
    /// <exception cref="KernelCompileException">The source does not compile.</exception>
    /// <exception cref="OutOfDeviceMemoryException">The arguments need more memory than there is.</exception>
    public PreparedKernel(GpuDriver driver, KernelCompiler compiler, KernelDescription description, PreparedKernel? inputs = null)
    {
        ArgumentNullException.ThrowIfNull(driver);
        ArgumentNullException.ThrowIfNull(description);
        (_driver, Description, _inputs) = (driver, description, inputs);
        Plan = description.Plan();
        Build = KernelBuild.Of(compiler, description, Plan, driver.Architecture);
        if (Plan.MemoryBytes > driver.FreeBytes)
        {
            PlannedArgument largest = Plan.Arguments.Where(argument => argument.IsMemory).MaxBy(argument => argument.Bytes)!;
            throw new OutOfDeviceMemoryException(Plan.MemoryBytes, driver.FreeBytes, $"Make the axes of the description smaller: the largest argument is {largest}.");
        }

        Stream = driver.CreateStream();
        try
        {
            _module = driver.LoadModule(Build.Image, description.Source.Name);
            _function = driver.GetFunction(_module, Build.Entry.Symbol);
            int own = driver.GetAttributes(_function).SharedBytes, most = driver.Properties.MaxSharedBytesPerBlock;
            if (Plan.Shape.SharedBytes > most - own)
            {
                throw description.Problem("shared", $"{Plan.Shape.SharedBytes} bytes, and {own} that the kernel declares itself, are more than the {most} that a block can have.");
            }

            if (Plan.Shape.SharedBytes + own > SharedBytesOfEveryLaunch)
            {
                driver.AllowSharedBytes(_function, Plan.Shape.SharedBytes);
            }

            if (driver.HasClusters)
            {
                driver.AllowLargeClusters(_function);
            }

            foreach (PlannedArgument argument in Plan.Arguments.Where(argument => argument.IsMemory))
            {
                _memory.Add(argument.Name, driver.Allocate(argument.Bytes));
            }

            _arguments = Pack();
            Reset();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What was prepared.</summary>
    public KernelDescription Description { get; }

    /// <summary>Its launch.</summary>
    public LaunchPlan Plan { get; }

    /// <summary>Its image.</summary>
    public KernelBuild Build { get; }

    /// <summary>A stream of its own.</summary>
    public GpuStream Stream { get; }

    /// <summary>Gives all arguments that the kernel reads their first values again.</summary>
    public void Reset()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        for (int i = 0; i < Plan.Arguments.Count; i++)
        {
            if (Plan.Arguments[i].IsRead)
            {
                Upload(i);
            }
        }
    }

    /// <summary>Fills what the kernel only writes with NaN, so that what it leaves out shows.</summary>
    public void PoisonOutputs()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        foreach (PlannedArgument argument in Plan.Arguments.Where(argument => argument.Direction == ArgumentDirection.Out))
        {
            _driver.Fill(_memory[argument.Name], Poison, argument.Bytes, Stream);
        }
    }

    /// <summary>Whether a launch changes what the next one reads.</summary>
    public bool HasChangingInputs => Plan.Arguments.Any(argument => argument.Direction == ArgumentDirection.InOut);

    /// <summary>Puts back what launches have changed of their inputs, on the device.</summary>
    /// <param name="stream">Where to.</param>
    public void Restore(GpuStream stream) => Restore(stream, _ => true);

    /// <summary>Puts back what launches have changed of some inputs, on the device.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="isWanted">Whether an argument of this name is put back.</param>
    internal void Restore(GpuStream stream, Func<string, bool> isWanted)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        foreach (PlannedArgument argument in Plan.Arguments.Where(argument => argument.Direction == ArgumentDirection.InOut && isWanted(argument.Name)))
        {
            if (!_kept.TryGetValue(argument.Name, out nint kept))
            {
                kept = _driver.Allocate(argument.Bytes);
                _kept.Add(argument.Name, kept);
                Upload(Plan.Arguments.ToList().IndexOf(argument));
                _driver.CopyOnDevice(kept, _memory[argument.Name], argument.Bytes, stream);
            }

            _driver.CopyOnDevice(_memory[argument.Name], kept, argument.Bytes, stream);
        }
    }

    /// <summary>Launches the kernel.</summary>
    /// <param name="stream">Where to.</param>
    public void Launch(GpuStream stream)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _driver.Launch(_function, Plan.Shape, _arguments, stream);
    }

    /// <summary>Launches it on its own stream and waits.</summary>
    /// <exception cref="GpuFaultException">It did what it must not.</exception>
    public void Run()
    {
        Launch(Stream);
        _driver.Synchronize(Stream);
    }

    /// <summary>Copies an argument back.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Its values, widened.</returns>
    /// <exception cref="ArgumentException">No argument of that name is memory.</exception>
    public double[] Read(string name)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        PlannedArgument argument = Plan.Arguments.FirstOrDefault(argument => argument.IsMemory && argument.Name == name)
            ?? throw new ArgumentException($"'{name}' is no argument in memory; there are {string.Join(", ", _memory.Keys)}.", nameof(name));
        double[] values = new double[argument.Elements];
        byte[] piece = new byte[Math.Min(argument.Bytes, PieceBytes)];
        int size = argument.Type.Bytes();
        for (long offset = 0; offset < argument.Bytes; offset += piece.Length)
        {
            int length = (int)Math.Min(piece.Length, argument.Bytes - offset);
            fixed (byte* destination = piece)
            {
                _driver.CopyToHost((nint)destination, (nint)(_memory[name] + offset), length, Stream);
                _driver.Synchronize(Stream);
            }

            for (int i = 0; i < length; i += size)
            {
                values[(offset + i) / size] = argument.Type.Read(piece.AsSpan(i));
            }
        }

        return values;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            foreach (nint address in _memory.Values.Concat(_kept.Values))
            {
                _driver.Free(address);
            }

            if (_module.Handle != 0)
            {
                _driver.UnloadModule(_module);
            }

            _driver.DestroyStream(Stream);
        }
    }

    /// <summary>All arguments in one block, each aligned to its size.</summary>
    private byte[] Pack()
    {
        byte[] block = new byte[Plan.Arguments.Count * sizeof(double)];
        int length = 0;
        foreach (PlannedArgument argument in Plan.Arguments)
        {
            int size = argument.IsMemory ? sizeof(ulong) : argument.Type.Bytes();
            length = (length + size - 1) / size * size;
            Span<byte> place = block.AsSpan(length, size);
            if (argument.IsMemory)
            {
                MemoryMarshal.Write(place, (ulong)_memory[argument.Name]);
            }
            else
            {
                argument.Type.Write(place, Original(argument) is { } original ? original.Type.Round(original.Value) : argument.Value);
            }

            length += size;
        }

        return block[..length];
    }

    /// <summary>The argument of the other kernel whose values this one takes.</summary>
    private PlannedArgument? Original(PlannedArgument argument) => _inputs?.Plan.Arguments.FirstOrDefault(
        other => other.Name == argument.Name && other.IsMemory == argument.IsMemory && other.Elements == argument.Elements && (other.IsRead || !other.IsMemory));

    private void Upload(int index)
    {
        PlannedArgument argument = Plan.Arguments[index];
        PlannedArgument? original = Original(argument);
        byte[]? file = original is null ? FileOf(Description, index, argument) : FileOf(_inputs!.Description, _inputs.Plan.Arguments.ToList().IndexOf(original), original);
        long step = Math.Min(argument.Elements, PieceBytes / sizeof(double));
        byte[] piece = new byte[step * argument.Type.Bytes()];
        for (long first = 0; first < argument.Elements; first += step)
        {
            int count = (int)Math.Min(step, argument.Elements - first);
            Span<byte> bytes = piece.AsSpan(0, count * argument.Type.Bytes());
            Make(original ?? argument, file, first, argument.Type, bytes);
            fixed (byte* source = bytes)
            {
                _driver.CopyToDevice((nint)(_memory[argument.Name] + (first * argument.Type.Bytes())), (nint)source, bytes.Length, Stream);
                _driver.Synchronize(Stream);
            }
        }
    }

    /// <summary>Values of one argument in the type of another.</summary>
    private static void Make(PlannedArgument from, byte[]? file, long first, ElementType type, Span<byte> destination)
    {
        int size = from.Type.Bytes();
        int count = destination.Length / type.Bytes();
        byte[] own = from.Type == type ? [] : new byte[count * size];
        Span<byte> values = from.Type == type ? destination : own;
        if (file is null)
        {
            ArgumentValues.Fill(from, first, values);
        }
        else
        {
            file.AsSpan((int)(first * size), values.Length).CopyTo(values);
        }

        for (int i = 0; i < count && from.Type != type; i++)
        {
            type.Write(destination[(i * type.Bytes())..], from.Type.Read(values[(i * size)..]));
        }
    }

    private static byte[]? FileOf(KernelDescription description, int index, PlannedArgument argument)
    {
        if (description.Data.TryGetValue(argument.Name, out byte[]? given))
        {
            return given;
        }

        Initializer initial = argument.Text.Initial;
        try
        {
            return initial.Kind == InitializerKind.File ? DataFile.Read(System.IO.Path.Combine(description.Folder, initial.Path), initial.Tensor, argument) : null;
        }
        catch (FormatException exception)
        {
            throw description.Problem($"arguments[{index}]", exception.Message);
        }
    }
}
