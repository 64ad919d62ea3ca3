// Provinces by their two digits: where their tile stands (column, row), their short name and their name.
export const PROVINCES = {
  11: [6, 2, '京', '北京', 'BJ', 'Beijing'], 12: [7, 2, '津', '天津', 'TJ', 'Tianjin'], 13: [6, 3, '冀', '河北', 'HE', 'Hebei'], 14: [5, 2, '晋', '山西', 'SX', 'Shanxi'],
  15: [6, 1, '蒙', '内蒙古', 'NM', 'Inner Mongolia'], 21: [8, 2, '辽', '辽宁', 'LN', 'Liaoning'], 22: [8, 1, '吉', '吉林', 'JL', 'Jilin'], 23: [8, 0, '黑', '黑龙江', 'HL', 'Heilongjiang'],
  31: [8, 4, '沪', '上海', 'SH', 'Shanghai'], 32: [7, 4, '苏', '江苏', 'JS', 'Jiangsu'], 33: [7, 5, '浙', '浙江', 'ZJ', 'Zhejiang'], 34: [6, 4, '皖', '安徽', 'AH', 'Anhui'],
  35: [6, 6, '闽', '福建', 'FJ', 'Fujian'], 36: [6, 5, '赣', '江西', 'JX', 'Jiangxi'], 37: [7, 3, '鲁', '山东', 'SD', 'Shandong'], 41: [5, 3, '豫', '河南', 'HA', 'Henan'],
  42: [5, 4, '鄂', '湖北', 'HB', 'Hubei'], 43: [5, 5, '湘', '湖南', 'HN', 'Hunan'], 44: [5, 6, '粤', '广东', 'GD', 'Guangdong'], 45: [4, 6, '桂', '广西', 'GX', 'Guangxi'],
  46: [4, 7, '琼', '海南', 'HI', 'Hainan'], 50: [4, 4, '渝', '重庆', 'CQ', 'Chongqing'], 51: [3, 4, '川', '四川', 'SC', 'Sichuan'], 52: [4, 5, '贵', '贵州', 'GZ', 'Guizhou'],
  53: [3, 5, '云', '云南', 'YN', 'Yunnan'], 54: [1, 4, '藏', '西藏', 'XZ', 'Tibet'], 61: [4, 3, '陕', '陕西', 'SN', 'Shaanxi'], 62: [3, 2, '甘', '甘肃', 'GS', 'Gansu'],
  63: [2, 3, '青', '青海', 'QH', 'Qinghai'], 64: [4, 2, '宁', '宁夏', 'NX', 'Ningxia'], 65: [1, 2, '新', '新疆', 'XJ', 'Xinjiang'], 71: [7, 6, '台', '台湾', 'TW', 'Taiwan'],
  81: [6, 7, '港', '香港', 'HK', 'Hong Kong'], 82: [5, 7, '澳', '澳门', 'MO', 'Macao'],
}
