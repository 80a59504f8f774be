// A hundred texts that would like to be more than text, for every place that shows a name.
const TAGS = [
  '<script>hacked()</script>',
  '<img src=x onerror=hacked()>',
  '<svg onload=hacked()>',
  '<svg><script>hacked()</script></svg>',
  '<iframe src="javascript:hacked()"></iframe>',
  '<a href="javascript:hacked()">x</a>',
  '<body onload=hacked()>',
  '<input autofocus onfocus=hacked()>',
  '<details open ontoggle=hacked()>',
  '<video><source onerror=hacked()>',
  '<audio src=x onerror=hacked()>',
  '<object data="javascript:hacked()">',
  '<embed src="javascript:hacked()">',
  '<style>*{display:none}</style>',
  '<link rel=stylesheet href="//x">',
  '<base href="//x">',
  '<meta http-equiv=refresh content="0;url=//x">',
  '<form action="//x"><button>x</button></form>',
  '<math><mi xlink:href="javascript:hacked()">x</mi></math>',
  '<template><img src=x onerror=hacked()></template>',
  '<b>bold</b>',
  '<marquee onstart=hacked()>x</marquee>',
  '</bdi></p></main><h1>Kronos</h1>',
  '<!--><img src=x onerror=hacked()>-->',
  '<![CDATA[<img src=x onerror=hacked()>]]>',
];
const CLOSERS = ['"', "'", '">', "'>", '`', '</textarea>', '</title>', '</style>', '-->', ']]>'];
const TEMPLATES = ['{{hacked()}}', '${hacked()}', '{hacked()}', '<%= hacked() %>', '#{hacked()}', '{@html "<img src=x onerror=hacked()>"}', '[[hacked()]]', '$(hacked)'];
const SCHEMES = ['javascript:hacked()', 'data:text/html,<script>hacked()</script>', 'vbscript:hacked', 'file:///etc/passwd', 'kronos://hacked'];
const BIDI = ['\u202egnp.exe', '\u202d', '\u2066a\u2069', '\u2067b', '\u200f', '\u061c', 'a\u202eb\u202cc', '\u2068x\u2069\u202e'];
const CONTROLS = ['\u0000', '\u0007', '\u001b[31mred\u001b[0m', '\u001b]0;title\u0007', '\u001b[2J', '\u009b31m', 'a\nb', 'a\r\nb', 'a\rb', '\u2028', '\u2029', '\u0008\u0008', '\u007f', '\ufeff', '\u200b'];
const SHELL = ['; rm -rf ~', '$(reboot)', '`reboot`', '| sh', '&& reboot', '\n\\! reboot', '--help', '-rf', "'; DROP TABLE users; --", '../../../etc/passwd', '\\\\server\\share', '%s%n', '%00'];
const ODD = ['', ' ', '\t', 'x'.repeat(300), '👩‍👩‍👧‍👦', 'Ünïcödé', 'שלום', '𝕳𝖆𝖈𝖐', 'a\u0301\u0301\u0301', '__proto__', 'constructor', 'null', 'undefined', 'NaN', '-0', '[object Object]'];

export const PAYLOADS: string[] = [...TAGS, ...CLOSERS, ...TEMPLATES, ...SCHEMES, ...BIDI, ...CONTROLS, ...SHELL, ...ODD];
