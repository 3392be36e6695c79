using System;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using Winnow.Formats;
using Winnow.Models;

namespace Winnow.Engine;

/// <summary>Tells models apart, so that a session is not continued with another one: a hash of the configuration and of all tensors' names, types and shapes.</summary>
internal static class ModelFingerprint
{
    public const int Bytes = SHA256.HashSizeInBytes;

    public static byte[] Compute(ModelConfig config, TensorFile file)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{config.Architecture} {config.Layers} {config.Hidden} {config.Heads} {config.KvHeads} ");
        text.Append(CultureInfo.InvariantCulture, $"{config.HeadDim} {config.Ffn} {config.Vocab} {config.RmsEpsilon:R} {config.RopeLayout} ");
        text.Append(CultureInfo.InvariantCulture, $"{config.Rope.Base:R} {config.Rope.Scaling} {config.Rope.Factor:R} {config.Window}\n");
        foreach (TensorInfo tensor in file.Tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"{tensor.Name} {tensor.TypeName} {string.Join('x', tensor.Shape)}\n");
        }

        return SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
