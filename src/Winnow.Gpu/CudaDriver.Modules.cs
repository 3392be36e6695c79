using System;
using System.Collections.Generic;
using System.Text;
using Winnow.Gpu.Native;

namespace Winnow.Gpu;

/// <content>Images and kernels.</content>
public sealed unsafe partial class CudaDriver
{
    private const int LogBytes = 8192;

    // The first driver that says where a kernel's parameters lie. For those before it cubins do.
    private const int FirstWithParameters = 12_040;

    /// <inheritdoc/>
    public override GpuModule LoadModule(ReadOnlySpan<byte> image, string name)
    {
        MakeCurrent();
        bool isText = !image.StartsWith("\u007fELF"u8);
        // The driver reads text up to a zero.
        byte[] terminated = isText ? [.. image, 0] : [];
        byte[] log = new byte[LogBytes];
        nint module;
        CudaResult result;
        fixed (byte* pointer = isText ? terminated : image)
        fixed (byte* logPointer = log)
        {
            JitOption* options = stackalloc JitOption[] { JitOption.ErrorLogBuffer, JitOption.ErrorLogBufferSizeBytes };
            void** values = stackalloc void*[] { logPointer, (void*)LogBytes };
            result = Driver.cuModuleLoadDataEx(&module, pointer, 2, options, values);
        }

        if (result != CudaResult.Success)
        {
            string said = Encoding.UTF8.GetString(log).Split('\0')[0].Trim();
            throw CudaResults.Error(result, $"cuModuleLoadDataEx({name})", said);
        }

        _modules.Add(module);
        _names[module] = name;
        if (!isText && Properties.DriverVersion < FirstWithParameters)
        {
            _parameters[module] = CubinReader.ReadParameters(image);
        }

        return new GpuModule(module);
    }

    /// <inheritdoc/>
    public override void UnloadModule(GpuModule module)
    {
        if (GivesBack(_modules, module.Handle))
        {
            _names.TryRemove(module.Handle, out _);
            _parameters.TryRemove(module.Handle, out _);
            using Pushed context = new(this);
            Driver.cuModuleUnload(module.Handle).CheckUnlessLost();
        }
    }

    /// <inheritdoc/>
    public override GpuFunction GetFunction(GpuModule module, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        MakeCurrent();
        nint function;
        byte[] text = Encoding.UTF8.GetBytes(name + '\0');
        fixed (byte* pointer = text)
        {
            CudaResult result = Driver.cuModuleGetFunction(&function, module.Handle, pointer);
            if (result == CudaResult.NotFound)
            {
                throw CudaResults.Error(result, $"cuModuleGetFunction({name})", MissingKernel(NameOf(module.Handle)));
            }

            result.Check("cuModuleGetFunction");
        }

        _names[function] = name;

        // The handle may have been that of another kernel, whose module is gone.
        _layouts.TryRemove(function, out _);
        if (_parameters.TryGetValue(module.Handle, out IReadOnlyDictionary<string, (int Offset, int Bytes)[]>? parameters))
        {
            _layouts[function] = ParameterLayout.Of(parameters.GetValueOrDefault(name) ?? []);
        }

        return new GpuFunction(function);
    }

    /// <inheritdoc/>
    public override GpuFunctionAttributes GetAttributes(GpuFunction function)
    {
        MakeCurrent();
        return new GpuFunctionAttributes(
            Attribute(function, FunctionAttribute.RegisterCount),
            Attribute(function, FunctionAttribute.SharedSizeBytes),
            Attribute(function, FunctionAttribute.LocalSizeBytes),
            Attribute(function, FunctionAttribute.MaxThreadsPerBlock));
    }

    /// <inheritdoc/>
    public override void AllowSharedBytes(GpuFunction function, int bytes)
    {
        MakeCurrent();
        CudaResult result = Driver.cuFuncSetAttribute(function.Handle, FunctionAttribute.MaxDynamicSharedSizeBytes, bytes);
        if (result == CudaResult.InvalidValue)
        {
            throw CudaResults.Error(
                result, $"cuFuncSetAttribute({NameOf(function.Handle)}, {bytes} bytes of shared memory)", SharedBytesHint(Properties));
        }

        result.Check("cuFuncSetAttribute");
    }

    /// <summary>What is said where an image lacks a kernel.</summary>
    internal static string MissingKernel(string image) => $"{image} has no such kernel; it must be declared extern \"C\" __global__.";

    /// <summary>How much shared memory a block can have.</summary>
    internal static string SharedBytesHint(GpuProperties properties) =>
        $"A block of {properties.Name} can have {properties.MaxSharedBytesPerBlock}, less what the kernel declares itself.";

    private static int Attribute(GpuFunction function, FunctionAttribute attribute)
    {
        int value;
        Driver.cuFuncGetAttribute(&value, attribute, function.Handle).Check();
        return value;
    }
}
